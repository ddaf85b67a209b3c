import {
  ACCOUNTS_SPACE,
  type Accounts,
  type AgentCredential,
  type AgentState,
  type Assignment,
  AUDIT_SPACE,
  type AuditBeginning,
  type AuditState,
  agentSpace,
  type Check,
  type Command,
  type Event,
  type Fleet,
  type Host,
  type Metrics,
  type OutputChunk,
  type OutputState,
  type OutputStatus,
  type OutputTail,
  outputSpace,
  type Pipeline,
  type Progress,
  type Session,
  type StoredEnrollmentToken,
  type User,
} from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { MAIN_SPACE, type Transaction } from "@neverstale/server";
import type { HostBudgets } from "./host-budgets.ts";
import type { FleetMoment } from "./moment.ts";

/** A merge patch: null takes a member away. Undefined would too, and is refused by the type of most members. */
type Patch<R> = { readonly [K in keyof R]?: R[K] | null };

type HostPatch = Patch<Omit<Host, "checks">> & { readonly checks?: Readonly<Record<string, Check | null>> };
type CommandPatch = Patch<Omit<Command, "progress">> & { readonly progress?: Patch<Progress> };

interface FleetChanges {
  host_added: Host;
  host_updated: HostPatch;
  host_removed: object;
  command_started: Command;
  command_progress: CommandPatch;
  command_finished: CommandPatch;
  pipeline_started: Pipeline;
  pipeline_progress: Patch<Pipeline>;
  pipeline_finished: Patch<Pipeline>;
  event: Event;
  host_metrics: Metrics;
  host_metrics_removed: object;
}

interface AgentChanges {
  assignment_added: Assignment;
  assignment_updated: Patch<Assignment>;
  assignment_removed: object;
}

interface OutputChanges {
  output_appended: OutputChunk;
  output_progress: OutputStatus;
  output_finished: OutputStatus;
  output_archived: OutputTail;
}

interface AuditChanges {
  audit_begun: AuditBeginning;
  audit_event: Event;
}

interface AccountsChanges {
  user_added: User;
  user_updated: Patch<User>;
  session_opened: Session;
  session_seen: Patch<Session>;
  session_ended: object;
  enrollment_token_made: StoredEnrollmentToken;
  enrollment_token_used: Patch<StoredEnrollmentToken>;
  enrollment_token_removed: object;
  agent_credential_made: AgentCredential;
  agent_credential_revoked: Patch<AgentCredential>;
}

/** What a decision may look at. */
export interface View {
  readonly fleet: Fleet;
  /** Null: the host has no agent. */
  agent(hostId: string): AgentState | null;
}

/**
 * One transaction over the fleet's spaces while it is being decided. What is changed shows at once in what is read;
 * a list that is walked while it changes is copied first.
 */
export class Work implements View {
  readonly fleet: Fleet;
  readonly at: FleetMoment;
  readonly budgets: HostBudgets;
  readonly #transaction: Transaction;

  constructor(fleet: Fleet, transaction: Transaction, at: FleetMoment, budgets: HostBudgets) {
    this.fleet = fleet;
    this.at = at;
    this.budgets = budgets;
    this.#transaction = transaction;
  }

  agent(hostId: string): AgentState | null {
    return this.#transaction.state(agentSpace(hostId)) as AgentState | null;
  }

  output(commandId: string): OutputState | null {
    return this.#transaction.state(outputSpace(commandId)) as OutputState | null;
  }

  /** Null: nothing has been audited yet. */
  get audit(): AuditState | null {
    return this.#transaction.state(AUDIT_SPACE) as AuditState | null;
  }

  get accounts(): Accounts {
    return (this.#transaction.state(ACCOUNTS_SPACE) as Accounts | null) ?? NO_ACCOUNTS;
  }

  change<T extends keyof FleetChanges>(type: T, target: string, data: FleetChanges[T]): void {
    this.#add(MAIN_SPACE, type, target, data);
  }

  changeAgent<T extends keyof AgentChanges>(hostId: string, type: T, id: string, data: AgentChanges[T]): void {
    this.#add(agentSpace(hostId), type, hostId, { ...data, id });
  }

  changeOutput<T extends keyof OutputChanges>(commandId: string, type: T, data: OutputChanges[T]): void {
    this.#add(outputSpace(commandId), type, "", data);
  }

  changeAudit<T extends keyof AuditChanges>(type: T, data: AuditChanges[T]): void {
    this.#add(AUDIT_SPACE, type, "", data);
  }

  changeAccounts<T extends keyof AccountsChanges>(type: T, id: string, data: AccountsChanges[T]): void {
    this.#add(ACCOUNTS_SPACE, type, "", { ...data, id });
  }

  removeAgent(hostId: string): void {
    if (this.agent(hostId) !== null) this.#transaction.removeSpace(agentSpace(hostId));
  }

  removeOutput(commandId: string): void {
    if (this.output(commandId) !== null) this.#transaction.removeSpace(outputSpace(commandId));
  }

  #add(space: string, type: string, target: string, data: object): void {
    this.#transaction.add(space, [{ type, target, data: data as JsonObject }]);
  }
}

const NO_ACCOUNTS: Accounts = {
  users: new Map(),
  sessions: new Map(),
  enrollmentTokens: new Map(),
  agentCredentials: new Map(),
};
