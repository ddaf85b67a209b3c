import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { databaseNamed } from "./database.ts";

test("[X8] a database of the release before keeps what it has, and is given what is new", async () => {
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open("of-before", 1);
    request.onerror = () => reject(request.error);
    request.onupgradeneeded = () => {
      for (const store of ["metas", "records", "facts"]) request.result.createObjectStore(store);
      request.transaction?.objectStore("facts").put(7, "era");
    };
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });

  const database = await databaseNamed("of-before")();

  expect([...database.objectStoreNames].sort()).toEqual(["facts", "lines", "metas", "mutations", "records"]);
  const era = database.transaction("facts").objectStore("facts").get("era");
  await new Promise((resolve) => {
    era.onsuccess = resolve;
  });
  expect(era.result).toBe(7);
});

test("a database that another page upgrades is opened anew when it is needed again", async () => {
  const open = databaseNamed("upgraded");
  const first = await open();

  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase("upgraded");
    request.onsuccess = resolve;
    request.onerror = reject;
  });

  expect(await open()).not.toBe(first);
});
