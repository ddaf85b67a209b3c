import * as react from "@neverstale/react";
import * as solid from "@neverstale/solid";
import * as svelte from "@neverstale/svelte";
import * as vue from "@neverstale/vue";
import { expect, test } from "vitest";

/** A replica is handed down by a component where a framework makes one of a function, and by a call elsewhere. */
const namesOf = (binding: object) => Object.keys(binding).map((name) => name.replace("provideSync", "SyncProvider"));

test.each(Object.entries({ solid, svelte, vue }))(
  "%s has the hooks that React has, by the same names",
  (_, binding) => {
    expect(namesOf(binding).sort()).toEqual(namesOf(react).sort());
  },
);
