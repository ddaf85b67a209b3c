/** The views of the simulated program: what each release shows to whom. */

import {
  type AnyViews,
  defineView,
  type Everything,
  everything,
  type GrantedView,
  through,
} from "@neverstale/protocol";
import type { Models } from "../releases.ts";

/** A follower is granted one of these. */
export const VIEW_NAMES = ["operator", "guest", "mixed", "nobody", "everything"] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

/** These roles are granted for these keys. */
export const GRANTS: Readonly<Record<Exclude<ViewName, "everything">, Readonly<Record<string, RoleName>>>> = {
  operator: { "cpu:0": "all" },
  guest: { "cpu:1": "some", "*": "texts" },
  mixed: { "cpu:0": "some", "cpu:2": "all", tagged: "texts" },
  nobody: {},
};

export type RoleName = "all" | "some" | "texts";

/** A role shows these fields, or all of them. Events are in one of two collections, as the release has it. */
export const SHOWN_BY_ROLE: Readonly<Record<RoleName, Readonly<Record<string, "*" | readonly string[]>>>> = {
  all: { hosts: "*", metrics: "*" },
  some: { hosts: ["cpu", "note", "toString"], metrics: [] },
  texts: { hosts: ["name", "os"], events: ["text"], alarms: ["text"] },
};

const declared = new WeakMap<Models, AnyViews>();

export function viewsOf(models: Models): AnyViews {
  let views = declared.get(models);
  if (views === undefined) {
    views = declare(models);
    declared.set(models, views);
  }
  return views;
}

export function viewNamed(models: Models, name: ViewName): GrantedView | Everything {
  return name === "everything" ? everything : viewsOf(models).of(GRANTS[name]);
}

function declare({ main, keysBy }: Models): AnyViews {
  const { collections } = main;
  const inModel = ([name]: readonly [string, unknown]) => Object.hasOwn(collections, name);
  const keys = {
    hosts: (record: HostLike) => hostKeys(record, keysBy),
    metrics: through("hosts", "id"),
    events: () => ["*"],
    alarms: () => ["*"],
  };
  const roles = Object.entries(SHOWN_BY_ROLE).map(([role, shown]) => {
    return [role, Object.fromEntries(Object.entries(shown).filter(inModel))] as const;
  });
  const declaration = {
    keys: Object.fromEntries(Object.entries(keys).filter(inModel)),
    roles: Object.fromEntries(roles),
  };
  return defineView<typeof main, RoleName>(main, declaration as never) as unknown as AnyViews;
}

interface HostLike {
  readonly cpu?: unknown;
  readonly tags?: unknown;
  readonly name?: unknown;
}

/** Two kinds of releases give keys in two ways. */
function hostKeys({ cpu, tags, name }: HostLike, keysBy: number): string[] {
  const number = keysBy === 0 ? cpu : name;
  const keys = typeof number === "number" ? [`cpu:${number % 3}`] : [];
  return tags === undefined ? keys : [...keys, "tagged"];
}
