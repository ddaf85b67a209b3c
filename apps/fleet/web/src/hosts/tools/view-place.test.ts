import { expect, test } from "vitest";
import { START_PLACE } from "../../state/place.ts";
import { placeOfView, viewOfPlace } from "./view-place.ts";

test("a view that was saved is shown again as it was, and leaves what is open beside it", () => {
  const place = { ...START_PLACE, filter: "tag:web", sort: "-cpu", columns: "cpu,tags", layout: "grid" };
  const elsewhere = { ...START_PLACE, filter: "db", sort: "name", tabs: ["c1"], tab: "c1" };

  const view = { id: "web", ...viewOfPlace(place) };

  expect(placeOfView(elsewhere, view)).toEqual({ ...place, tabs: ["c1"], tab: "c1" });
});

test("a group that was saved without a look is shown as usual", () => {
  expect(viewOfPlace({ ...START_PLACE, filter: "tag:web" })).toEqual({ filter: "tag:web" });
  expect(placeOfView({ ...START_PLACE, sort: "-cpu", layout: "grid" }, { id: "web", filter: "tag:web" })).toEqual({
    ...START_PLACE,
    filter: "tag:web",
  });
});
