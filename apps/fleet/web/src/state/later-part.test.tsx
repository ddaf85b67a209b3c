// @vitest-environment jsdom
import { act, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { expect, test } from "vitest";
import { laterPart } from "./later-part.ts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

test.each([
  ["that comes", async () => () => "the part", "the page, the part"],
  ["that does not come", () => Promise.reject(new Error("the server is away")), "the page, nothing"],
])(
  "a part %s stands in its place, or what says that it is missing, and the page around it stays",
  async (_, get, text) => {
    const Part = laterPart(get, () => "nothing");
    const element = document.createElement("div");
    const root = createRoot(element);

    await act(async () =>
      root.render(
        <>
          the page,{" "}
          <Suspense fallback={null}>
            <Part />
          </Suspense>
        </>,
      ),
    );

    expect(element.textContent).toBe(text);
    await act(async () => root.unmount());
  },
);
