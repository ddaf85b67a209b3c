/** The tree of a behaviour, in Vue. */

import { StateSync } from "@neverstale/client";
import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import { mutations } from "@neverstale/client/mutations";
import { createSyncHooks } from "@neverstale/vue";
import { defineComponent, h, type PropType, type Ref, type ShallowRef, unref } from "vue";
import type { Seen, Tree, View } from "../binding.ts";
import type { Board } from "../board.ts";

const { provideSync, useStateSync, ...hooks } = createSyncHooks<Board>();

export function treeComponent(tree: Readonly<ShallowRef<Tree>>) {
  return defineComponent(() => {
    const { from } = tree.value;
    if (from instanceof StateSync) provideSync(() => tree.value.from as StateSync<Board>);
    else if (from !== null)
      provideSync(useStateSync(() => ({ ...(tree.value.from as OwnedReplicaOptions), mutations: mutations() })));
    return () => tree.value.views.map((view, at) => h(Shown, { key: at, view, card: tree.value.card }));
  });
}

const Shown = defineComponent({
  props: { view: { type: Object as PropType<View>, required: true }, card: { type: String, required: true } },
  setup(props) {
    const seen = props.view.use(hooks, () => props.card);
    return () => h("p", props.view.print(seen.map((one) => unref(one as Ref<Seen>))));
  },
});
