import { z } from "zod";
import {
  count,
  durable,
  duration,
  ephemeral,
  jsonObject,
  jsonValue,
  optional,
  preview,
  ratio,
} from "./fields.ts";

const conversation = { conversation_id: z.string() };
const failure = { error: z.string(), details: optional(jsonObject) };

/**
 * The events of the original feed contract, with its names, fields and units.
 *
 * Priorities are those its integration layer passed. Two types it named without ever giving them fields
 * (`memory_update`, `component_stats`) do not exist; `replay` is a frame of the feed, not an event.
 */
export const contractEvents = {
  system_info: durable("Something worth knowing about the hub as a whole: startup, shutdown, a summary.", {
    data: jsonObject.default({}),
  }),
  system_error: durable("Something is wrong with the hub itself.", {
    level: z.enum(["warning", "error", "critical"]),
    message: z.string(),
    details: optional(jsonObject),
  }),
  system_metrics: ephemeral(
    "What the hub's process uses, every 5 s. `gpu_vram_mb` is of this process only.",
    {
      memory_mb: z.number(),
      cpu_percent: z.number(),
      gpu_vram_mb: optional(z.number()),
      uptime_seconds: duration,
      event_loop_delay_ms: optional(duration),
    },
  ),

  stt_start: ephemeral("An utterance begins to be transcribed.", {
    mode: z.enum(["push_to_talk", "continuous", "file"]).default("push_to_talk"),
  }),
  stt_interim: ephemeral("What the transcript looks like so far.", {
    text: z.string(),
    confidence: ratio.default(0),
  }),
  stt_result: durable("What was said. `duration_ms` is how long it was spoken.", {
    text: z.string(),
    confidence: ratio,
    duration_ms: duration,
    language: optional(z.string()),
  }),
  stt_error: durable("An utterance could not be transcribed.", failure),

  llm_start: ephemeral("A language model is asked. The prompt is cut to 200 characters.", {
    prompt: preview(200),
    model: z.string(),
    temperature: z.number().default(0.7),
  }),
  llm_token: ephemeral("A piece of the reply, and the reply so far.", {
    token: z.string(),
    cumulative_text: z.string(),
  }),
  llm_result: durable("The model's reply is complete.", {
    text: z.string(),
    duration_ms: duration,
    token_count: count,
    tokens_per_second: z.number().min(0),
  }),
  llm_error: durable("The model could not answer.", failure),

  tts_start: ephemeral("A sentence begins to be synthesised.", {
    text: z.string(),
    voice_id: z.string(),
    engine: z.string(),
  }),
  tts_progress: ephemeral("How much of the reply has been synthesised, 0..100.", {
    progress_percent: z.number().min(0).max(100),
    estimated_duration_ms: optional(duration),
  }),
  tts_result: durable("A reply was synthesised: how long that took and how long it plays.", {
    duration_ms: duration,
    audio_duration_ms: duration,
    success: z.boolean(),
  }),
  tts_error: durable("A reply could not be synthesised.", failure),
  tts_status: ephemeral("What the speaking side is doing.", {
    status: z.enum(["idle", "processing", "playing"]),
  }),

  memory_store: durable("Something was remembered. The content is cut to 100 characters.", {
    content_preview: preview(100),
    memory_type: z.string(),
    importance: z.number(),
    memory_id: z.string(),
  }),
  memory_retrieve: ephemeral("The memory was searched.", {
    query: z.string(),
    results_count: count,
    relevance_scores: z.array(z.number()),
  }),

  tool_call: ephemeral("A tool is called.", {
    tool_name: z.string(),
    parameters: jsonObject,
    call_id: z.string(),
  }),
  tool_result: durable("A tool answered.", {
    tool_name: z.string(),
    call_id: z.string(),
    result: jsonValue,
    duration_ms: duration,
  }),
  tool_error: durable("A tool failed.", { tool_name: z.string(), call_id: z.string(), ...failure }),

  conversation_start: durable("A conversation began.", conversation),
  conversation_turn: durable("One exchange of a conversation is complete.", {
    ...conversation,
    turn_number: count,
    user_input: z.string(),
    assistant_response: z.string(),
  }),
  conversation_end: durable("A conversation is over.", {
    ...conversation,
    total_turns: count,
    duration_seconds: duration,
  }),

  latency_trace: ephemeral("One operation was timed, also when it failed.", {
    component: z.string(),
    operation: z.string(),
    duration_ms: duration,
    metadata: optional(jsonObject),
  }),
  component_timing: ephemeral("What a component's operations took, in ms by operation.", {
    component: z.string(),
    timings: z.record(z.string(), duration),
  }),

  component_status: ephemeral("A component of the hub changed its state.", {
    component_type: z.string(),
    state: z.string(),
    initialization_order: optional(z.int()),
    dependencies: z.array(z.string()).default([]),
  }),
  component_error: ephemeral("A component of the hub failed.", {
    component_type: z.string(),
    error_message: z.string(),
    error_count: count,
    state: z.literal("failed").default("failed"),
  }),
  component_health: ephemeral("What a component says of its own health.", {
    component_type: z.string(),
    health_status: jsonObject,
  }),
  system_status: ephemeral("How many of the hub's components work.", {
    total_components: count,
    ready_components: count,
    failed_components: count,
    integration_health: z.string(),
    components: jsonObject,
  }),
  integration_metrics: ephemeral("What the feed itself has done.", {
    is_active: z.boolean(),
    websocket_server_available: z.boolean(),
    event_handlers_registered: z.boolean(),
    total_events_processed: count,
  }),
  performance_alert: ephemeral("A measurement crossed its threshold.", {
    alert_id: z.string(),
    component: z.string(),
    metric_name: z.string(),
    current_value: z.number(),
    threshold_value: z.number(),
    severity: z.enum(["warning", "critical"]),
    message: z.string(),
  }),
  performance_metrics: ephemeral("A snapshot of all measurements.", {
    system_metrics: jsonObject,
    component_metrics: jsonObject,
    alerts_count: count,
  }),
} as const;
