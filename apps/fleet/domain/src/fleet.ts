/** The fleet's main space holds all that a dashboard shows. */

import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { Alert, Silence } from "./alerts/alert.ts";
import { AlertRule } from "./alerts/alert-rule.ts";
import { BackupRecord } from "./backups/backup-record.ts";
import { CatalogueFile, OpRule, PipelineRule } from "./catalogue/catalogue.ts";
import { Command } from "./commands/command.ts";
import { FINAL_PIPELINE_STATUSES, Pipeline } from "./commands/pipeline.ts";
import { Event } from "./events/event.ts";
import { FLEET_MODEL } from "./fleet-model.ts";
import { Host, Metrics } from "./hosts/host.ts";
import { HostGroup } from "./hosts/host-group.ts";
import { Schedule, ScheduleRule } from "./schedules/schedule.ts";
import { Share, SharedTag } from "./shares/share.ts";

export const DEFAULT_EVENT_LIMIT = 100;
/** So many retired commands are kept. Commands that are needed, and the grid of a running pipeline, stay whatever their number. */
export const COMMAND_LIMIT = 200;
export const PIPELINE_LIMIT = 100;
/** So many resolved alerts are kept. */
export const ALERT_LIMIT = 200;

/** The model follows rules S3, S6 and S7. */
export function fleetModel(options: { readonly eventLimit?: number } = {}) {
  return defineModel({
    model: FLEET_MODEL,
    collections: {
      hosts: collection(Host),
      commands: collection(Command, { keep: { newest: COMMAND_LIMIT, where: { retired: [true] } } }),
      pipelines: collection(Pipeline, { keep: { newest: PIPELINE_LIMIT, where: { status: FINAL_PIPELINE_STATUSES } } }),
      events: collection(Event, { keep: { newest: options.eventLimit ?? DEFAULT_EVENT_LIMIT } }),
      alerts: collection(Alert, { keep: { newest: ALERT_LIMIT, where: { status: ["resolved"] } } }),
      silences: collection(Silence),
      groups: collection(HostGroup),
      opRules: collection(OpRule),
      pipelineRules: collection(PipelineRule),
      alertRules: collection(AlertRule),
      scheduleRules: collection(ScheduleRule),
      schedules: collection(Schedule),
      catalogueFiles: collection(CatalogueFile),
      backups: collection(BackupRecord),
      sharedTags: collection(SharedTag),
      shares: collection(Share),
      metrics: collection(Metrics, { ephemeral: true }),
    },
    changes: {
      host_added: put("hosts"),
      host_updated: patch("hosts"),
      host_removed: remove("hosts"),
      command_started: put("commands"),
      command_progress: patch("commands"),
      command_finished: patch("commands"),
      command_removed: remove("commands"),
      pipeline_started: put("pipelines"),
      pipeline_progress: patch("pipelines"),
      pipeline_finished: patch("pipelines"),
      pipeline_removed: remove("pipelines"),
      op_rule_set: put("opRules"),
      op_rule_removed: remove("opRules"),
      pipeline_rule_set: put("pipelineRules"),
      pipeline_rule_removed: remove("pipelineRules"),
      alert_rule_set: put("alertRules"),
      alert_rule_removed: remove("alertRules"),
      schedule_rule_set: put("scheduleRules"),
      schedule_rule_removed: remove("scheduleRules"),
      schedule_set: put("schedules"),
      schedule_removed: remove("schedules"),
      catalogue_file_read: put("catalogueFiles"),
      backup_noted: put("backups"),
      backup_forgotten: remove("backups"),
      alert_fired: put("alerts"),
      alert_changed: patch("alerts"),
      silence_set: put("silences"),
      silence_removed: remove("silences"),
      group_saved: put("groups"),
      group_removed: remove("groups"),
      shared_tag_set: put("sharedTags"),
      shared_tag_removed: remove("sharedTags"),
      share_set: put("shares"),
      share_removed: remove("shares"),
      event: put("events"),
      event_removed: remove("events"),
      host_metrics: put("metrics"),
      host_metrics_removed: remove("metrics"),
    },
  });
}

/** This model has the default limits. */
export const fleet = fleetModel();
export type Fleet = StateOf<typeof fleet>;
