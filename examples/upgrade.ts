import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { type Decide, memoryDatabase, memoryStore, StateManager } from "@neverstale/server";

const database = memoryDatabase(); // It stands for your file or your database: it outlives each release.

// #region before
// The first release had one name for a person.
const first = defineModel({
  model: 1,
  collections: { people: collection<{ id: string; name: string }>() },
  changes: { person_added: put("people") },
});
// #endregion before
const old = await StateManager.open({ model: first, store: memoryStore({ database }) });
await old.apply({ type: "person_added", target: "1", data: { name: "Ann Lee" } });
await old.close();

// #region after
// The second release has two. `model` is raised, so a page of the first one says that it is outdated.
type Person = { id: string; given: string; family: string; name?: string };
const second = defineModel({
  model: 2,
  collections: { people: collection<Person>() },
  changes: { person_added: put("people"), person_renamed: patch("people") },
});

// It runs at every start, over the whole state, so it looks at what is there. Nothing is left to do at the second start.
const migrate: Decide<StateOf<typeof second>> = ({ people }) =>
  [...people.values()]
    .filter(({ name }) => name !== undefined)
    .map(({ id, name = "" }) => {
      const [given = "", family = ""] = name.split(" ");
      return { type: "person_renamed", target: id, data: { given, family, name: null } };
    });
// #endregion after

const manager = await StateManager.open({ model: second, store: memoryStore({ database }), migrate });
console.log(manager.state.people.get("1"), manager.version);
await manager.close();

const again = await StateManager.open({ model: second, store: memoryStore({ database }), migrate });
console.log("unchanged at the next start:", again.version);
await again.close();
