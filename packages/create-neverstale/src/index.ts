export { type Created, type CreateOptions, createApp } from "./io/create-app.ts";
