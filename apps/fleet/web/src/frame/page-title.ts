/** The tab's title and icon say from afar whether something is wrong, or the page is not live. */

export type PageMood = "calm" | "trouble" | "old";

export interface TitleFacts {
  /** It is the name of the screen. */
  readonly screen: string;
  readonly firing: number;
  readonly isOld: boolean;
}

/** Old comes before trouble: a page that is not live does not know what is wrong now. */
export function moodOf({ firing, isOld }: TitleFacts): PageMood {
  if (isOld) return "old";
  return firing > 0 ? "trouble" : "calm";
}

export function titleOf(facts: TitleFacts): string {
  const { screen, firing } = facts;
  const words = {
    calm: "",
    trouble: `▲ ${firing} ${firing === 1 ? "alert" : "alerts"} · `,
    old: "◌ not live · ",
  } as const;
  return `${words[moodOf(facts)]}${screen} · Neverstale`;
}
