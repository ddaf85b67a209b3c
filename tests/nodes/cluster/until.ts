/** To wait costs little here, since the nodes and the clients of a cluster need the time of the processor. */

/** It throws after a time that nothing here takes, on however busy a machine. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 240_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
