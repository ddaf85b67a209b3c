/** All that a browser keeps of a program stands in one database, so that its parts are opened and upgraded together. */

const VERSION = 2;
/** Replicas are in the first two, queues in the next two. Each has facts of its own in the last one. */
const STORES = ["metas", "records", "lines", "mutations", "facts"] as const;

/** It opens the database when it is first needed, and anew when the browser has closed it. */
export function databaseNamed(name: string): () => Promise<IDBDatabase> {
  let opened: Promise<IDBDatabase> | null = null;
  const close = () => {
    opened = null;
  };
  return () => {
    opened ??= openDatabase(name, close);
    opened.catch(close);
    return opened;
  };
}

function openDatabase(name: string, closed: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const store of STORES) if (!result.objectStoreNames.contains(store)) result.createObjectStore(store);
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = closed;
      database.onversionchange = () => {
        database.close(); // Another build of the page has another form of it, or deletes it.
        closed();
      };
      resolve(database);
    };
  });
}

/** All keys that are lists which begin with this. A list is behind all numbers in the order of keys. */
export function allOf(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key], [key, []]);
}

/** It is missing in a worker, and where a browser keeps nothing of a page. */
export function localMarks(): Storage | null {
  try {
    return typeof localStorage === "undefined" ? null : localStorage;
  } catch {
    return null;
  }
}
