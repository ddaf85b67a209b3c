/** Rules may call an op or a pipeline dangerous. Then the server asks for a code and the number of hosts, and the page asks for both beforehand. */

export function isDangerousOp({ opRules }: DangerousOps, op: string): boolean {
  return opRules.get(op)?.danger === true;
}

/** A pipeline is as dangerous as the worst of its ops. */
export function isDangerousPipeline(
  known: DangerousOps & { readonly pipelineRules: ReadonlyMap<string, MaybeDangerous> },
  { name, stages }: { readonly name: string; readonly stages: readonly string[] },
): boolean {
  return known.pipelineRules.get(name)?.danger === true || stages.some((op) => isDangerousOp(known, op));
}

interface MaybeDangerous {
  readonly danger?: true | undefined;
}

interface DangerousOps {
  readonly opRules: ReadonlyMap<string, MaybeDangerous>;
}
