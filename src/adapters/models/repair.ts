import { fieldsOf, messageOf, text, textField, texts, type WireField } from "./protobuf.ts";

/*
 * Field numbers from onnx.proto (ONNX IR version 7 and later):
 * ModelProto.graph = 7; GraphProto.node = 1, .output = 12; NodeProto.input = 1, .output = 2, .name = 3,
 * .op_type = 4; ValueInfoProto.name = 1.
 */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_OUTPUT = 12;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_NAME = 3;
const NODE_OPERATOR = 4;

/** Downsampling blocks of the encoder, each with the fault. */
const FAULTY_BLOCKS = 6;

interface GraphNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The model is not the one this repair is for. */
export class RepairError extends Error {
  override readonly name = "RepairError";
}

/**
 * Repair the keyword spotter's int8 encoder.
 *
 * In six downsampling blocks the export turned a padding of no frames into a padding of one frame, so that a Reshape
 * gets 17 frames where it expects 16 and ONNX Runtime aborts the process. The padding is a Concat of the real frames
 * and a Slice of the last one: each such Reshape is fed the Concat's first input instead, and what nobody uses any
 * more is dropped. Everything else stays as it is, byte for byte.
 *
 * @throws {RepairError} when the model does not have exactly these six faults.
 */
export function repairEncoder(model: Uint8Array): Uint8Array {
  const fields = parsed(model);
  const graph = fields.find((field) => field.number === MODEL_GRAPH);
  if (!graph) throw new RepairError("the file holds no graph");
  const repaired = repairGraph(parsed(graph.content));
  return messageOf(
    fields.map((field) => (field === graph ? { ...field, content: messageOf(repaired) } : field)),
  );
}

function parsed(message: Uint8Array): WireField[] {
  try {
    return fieldsOf(message);
  } catch (cause) {
    throw new RepairError("the file is no ONNX model", { cause });
  }
}

function repairGraph(graph: readonly WireField[]): WireField[] {
  const nodes = graph.filter((field) => field.number === GRAPH_NODE).map((field) => nodeOf(field));
  const maker = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  let rewired = 0;
  const fields = graph.map((field): WireField => {
    if (field.number !== GRAPH_NODE) return field;
    const node = nodeOf(field);
    if (
      node.operator !== "Reshape" ||
      !node.name.endsWith("/Reshape_1") ||
      !node.name.includes("downsample")
    ) {
      return field;
    }
    const [padded = ""] = node.inputs;
    const concat = maker.get(padded);
    const [frames, padding] = concat?.inputs ?? [];
    const asExpected =
      concat?.operator === "Concat" && concat.inputs.length === 2 && padding?.includes("Slice");
    if (!asExpected || frames === undefined) throw new RepairError(`${node.name} is not fed by a padding`);
    rewired += 1;
    return { ...field, content: withFirstInput(field.content, frames) };
  });
  if (rewired !== FAULTY_BLOCKS) {
    throw new RepairError(`the model has ${rewired} of the ${FAULTY_BLOCKS} faulty blocks`);
  }
  return withoutUnused(fields);
}

function nodeOf(field: WireField): GraphNode {
  const inside = parsed(field.content);
  return {
    name: texts(inside, NODE_NAME)[0] ?? "",
    operator: texts(inside, NODE_OPERATOR)[0] ?? "",
    inputs: texts(inside, NODE_INPUT),
    outputs: texts(inside, NODE_OUTPUT),
  };
}

function withFirstInput(node: Uint8Array, input: string): Uint8Array {
  const fields = parsed(node);
  const first = fields.findIndex((field) => field.number === NODE_INPUT);
  return messageOf(fields.with(first, textField(NODE_INPUT, input)));
}

/** Drop nodes nobody uses, again and again until every node is used. */
function withoutUnused(graph: readonly WireField[]): WireField[] {
  const results = graph
    .filter((field) => field.number === GRAPH_OUTPUT)
    .flatMap((field) => texts(parsed(field.content), 1));
  let fields = [...graph];
  for (;;) {
    const inputs = fields
      .filter((field) => field.number === GRAPH_NODE)
      .flatMap((field) => nodeOf(field).inputs);
    const used = new Set([...inputs, ...results]);
    const kept = fields.filter((field) => {
      return field.number !== GRAPH_NODE || nodeOf(field).outputs.some((output) => used.has(output));
    });
    if (kept.length === fields.length) return kept;
    fields = kept;
  }
}

/**
 * The pieces of a SentencePiece model and their scores, as the JSON the keyword tokenizer reads.
 *
 * ModelProto.pieces = 1; SentencePiece.piece = 1, .score = 2 (a float of four bytes).
 *
 * @throws {RepairError} when the file is no SentencePiece model.
 */
export function scoresOfBpe(model: Uint8Array): string {
  const pieces = parsed(model).filter((field) => field.number === 1 && field.type === 2);
  const entries = pieces.map((piece) => {
    const inside = parsed(piece.content);
    const name = inside.find((field) => field.number === 1);
    const score = inside.find((field) => field.number === 2 && field.type === 5)?.content;
    if (!name) throw new RepairError("a piece has no text");
    const value = score ? new DataView(score.buffer, score.byteOffset, 4).getFloat32(0, true) : 0;
    return `${asciiJson(text(name))}: ${Number.isInteger(value) ? value.toFixed(1) : String(value)}`;
  });
  if (entries.length === 0) throw new RepairError("the file is no SentencePiece model");
  return `{${entries.join(", ")}}`;
}

/** JSON with everything beyond ASCII escaped, so that the file's hash is the one that is known. */
function asciiJson(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
