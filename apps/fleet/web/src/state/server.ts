/** The page asks the server by this for all that is no part of the state. */

import { createContext, useContext } from "react";

/** Both reject with an error whose message is a sentence for the visitor. */
export interface Server {
  get<Answer>(path: string): Promise<Answer>;
  /** Where the server wants to know again who it is, the visitor is asked first. */
  send<Answer>(method: "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<Answer>;
}

export const ServerContext = createContext<Server | null>(null);

export function useServer(): Server {
  const server = useContext(ServerContext);
  if (server === null) throw new Error("no Server around this component");
  return server;
}
