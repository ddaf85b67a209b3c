/** The work is one transaction over the fleet's spaces while it is being decided. */

import {
  ACCOUNTS_SPACE,
  type Accounts,
  type AgentState,
  AUDIT_SPACE,
  type AuditState,
  type accountsModel,
  type agentModel,
  agentSpace,
  type auditModel,
  type Evidence,
  type Fleet,
  type fleet,
  NOTIFICATIONS_SPACE,
  type Notifications,
  type notificationsModel,
  type OutputState,
  type outputModel,
  outputSpace,
} from "@neverstale/fleet-domain";
import type { ChangeData, ChangeTypeOf, JsonObject } from "@neverstale/protocol";
import { MAIN_SPACE, type Transaction } from "@neverstale/server";
import { noteMove } from "../shares/moved-records.ts";
import type { HostBudgets } from "./host-budgets.ts";
import type { FleetMoment } from "./moment.ts";

/** A change shows at once in what is read. A list that is walked while it changes is copied first. */
export class Work implements View {
  readonly fleet: Fleet;
  readonly at: FleetMoment;
  readonly budgets: HostBudgets;
  /** A mutation is given it, to add its changes there. */
  readonly transaction: Transaction;
  /** It is decided at a node that is not the writer, so what follows from the newest state can't be known. */
  readonly isSuggestion: boolean;

  constructor(fleet: Fleet, transaction: Transaction, at: FleetMoment, budgets: HostBudgets, isSuggestion = false) {
    this.fleet = fleet;
    this.isSuggestion = isSuggestion;
    this.at = at;
    this.budgets = budgets;
    this.transaction = transaction;
  }

  /** A mutation that is decided in the same transaction knows it too. */
  get askedFrom(): AskedFrom {
    return SOURCES.get(this.transaction) ?? UNKNOWN_SOURCE;
  }

  askedBy(askedFrom: AskedFrom): this {
    SOURCES.set(this.transaction, askedFrom);
    return this;
  }

  agent(hostId: string): AgentState | null {
    return this.transaction.state(agentSpace(hostId)) as AgentState | null;
  }

  output(commandId: string): OutputState | null {
    return this.transaction.state(outputSpace(commandId)) as OutputState | null;
  }

  /** Null means that nothing has been audited yet. */
  get audit(): AuditState | null {
    return this.transaction.state(AUDIT_SPACE) as AuditState | null;
  }

  get accounts(): Accounts {
    return (this.transaction.state(ACCOUNTS_SPACE) as Accounts | null) ?? NO_ACCOUNTS;
  }

  get notifications(): Notifications {
    return (this.transaction.state(NOTIFICATIONS_SPACE) as Notifications | null) ?? NO_NOTIFICATIONS;
  }

  change<T extends ChangeTypeOf<typeof fleet>>(type: T, target: string, data: ChangeData<typeof fleet, T>): void {
    noteMove(this.transaction, type, target, data);
    this.#add(MAIN_SPACE, type, target, data);
  }

  changeAgent<T extends ChangeTypeOf<typeof agentModel>>(
    hostId: string,
    type: T,
    id: string,
    data: ChangeData<typeof agentModel, T>,
  ): void {
    this.#add(agentSpace(hostId), type, hostId, { ...data, id });
  }

  changeOutput<T extends ChangeTypeOf<typeof outputModel>>(
    commandId: string,
    type: T,
    data: ChangeData<typeof outputModel, T>,
  ): void {
    this.#add(outputSpace(commandId), type, "", data);
  }

  changeAudit<T extends ChangeTypeOf<AuditModel>>(type: T, data: ChangeData<AuditModel, T>): void {
    this.#add(AUDIT_SPACE, type, "", data);
  }

  changeNotifications<T extends ChangeTypeOf<typeof notificationsModel>>(
    type: T,
    data: ChangeData<typeof notificationsModel, T>,
  ): void {
    this.#add(NOTIFICATIONS_SPACE, type, "", data);
  }

  changeAccounts<T extends ChangeTypeOf<typeof accountsModel>>(
    type: T,
    id: string,
    data: ChangeData<typeof accountsModel, T>,
  ): void {
    noteMove(this.transaction, type, "", data);
    this.#add(ACCOUNTS_SPACE, type, "", { ...data, id });
  }

  /** The host has an agent from now on, though nothing is assigned to it yet. */
  makeAgent(hostId: string): void {
    if (this.agent(hostId) === null) this.transaction.createSpace(agentSpace(hostId));
  }

  removeAgent(hostId: string): void {
    if (this.agent(hostId) !== null) this.transaction.removeSpace(agentSpace(hostId), { archive: false });
  }

  removeOutput(commandId: string): void {
    if (this.output(commandId) !== null) this.transaction.removeSpace(outputSpace(commandId), { archive: true });
  }

  #add(space: string, type: string, target: string, data: object): void {
    this.transaction.add(space, [{ type, target, data: data as JsonObject }]);
  }
}

/** A request asked for the transaction, and came from there. */
export type AskedFrom = Pick<Evidence, "address" | "session" | "apiToken">;

const SOURCES = new WeakMap<Transaction, AskedFrom>();
const UNKNOWN_SOURCE: AskedFrom = {};

type AuditModel = ReturnType<typeof auditModel>;

/** A decision may look at this. */
export interface View {
  readonly fleet: Fleet;
  /** Null means that the host has no agent. */
  agent(hostId: string): AgentState | null;
}

const NO_NOTIFICATIONS: Notifications = { targets: new Map(), deliveries: new Map() };

const NO_ACCOUNTS: Accounts = {
  users: new Map(),
  secondFactors: new Map(),
  sessions: new Map(),
  failedSignIns: new Map(),
  apiTokens: new Map(),
  enrollmentTokens: new Map(),
  enrollments: new Map(),
  agentCredentials: new Map(),
  usedHostIds: new Map(),
  serverKeys: new Map(),
  erasures: new Map(),
};
