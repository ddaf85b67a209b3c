import { z } from "zod";

export const COLUMNS = ["To do", "Doing", "Done"] as const;

const title = z.string().trim().min(1).max(200);
const data = { title, text: z.string(), column: z.enum(COLUMNS) };

export const CardData = z.object(data);
/** A member may be left out. It is never undefined. */
export const CardPatch = z.object({
  title: data.title.exactOptional(),
  text: data.text.exactOptional(),
  column: data.column.exactOptional(),
});
export const Card = CardData.extend({ id: z.string(), room: z.string(), order: z.number(), owner: z.string() });
export const Room = z.object({ id: z.string(), members: z.array(z.string()) });
/** The id is `room/user/connection`: a user may have several pages open. */
export const Person = z.object({ id: z.string() });
export type Card = z.infer<typeof Card>;

export const ROOMS = [{ type: "room_opened", target: "kitchen", data: { members: ["ann", "bob"] } }] as const;
