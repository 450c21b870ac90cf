/** Writes small ONNX graphs (protobuf): nodes in order, and inputs and outputs of free sizes. */

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers by name. */
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** Number of dimensions. */
  readonly rank: number;
}

const ELEMENT_TYPES = { float32: 1, int64: 7 } as const;
const ATTRIBUTE_INT = 2;
const IR_VERSION = 9;
const OPSET = 18;

/** The bytes of a model. Field numbers are those of onnx.proto. */
export function onnxGraph(graph: {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}): Uint8Array {
  const content = message(
    ...graph.nodes.map((node) => field(1, nodeBytes(node))),
    text(2, 'graph'),
    ...graph.inputs.map((value) => field(11, valueBytes(value))),
    ...graph.outputs.map((value) => field(12, valueBytes(value))),
  );
  return Uint8Array.from(
    message(whole(1, IR_VERSION), field(7, content), field(8, message(text(1, ''), whole(2, OPSET)))),
  );
}

function nodeBytes({ operator, inputs, outputs, attributes = {} }: OnnxNode): number[] {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      field(5, message(text(1, name), whole(3, value), whole(20, ATTRIBUTE_INT))),
    ),
  );
}

function valueBytes({ name, type, rank }: OnnxValue): number[] {
  const dimensions = Array.from({ length: rank }, (_, axis) => field(1, message(text(2, `${name}_${axis}`))));
  const tensor = message(whole(1, ELEMENT_TYPES[type]), field(2, message(...dimensions)));
  return message(text(1, name), field(2, message(field(1, tensor))));
}

function message(...fields: readonly number[][]): number[] {
  return fields.flat();
}

/** A field of bytes. */
function field(number: number, content: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

function text(number: number, value: string): number[] {
  return field(number, [...new TextEncoder().encode(value)]);
}

function whole(number: number, value: number): number[] {
  return [...varint(number * 8), ...varint(value)];
}

/** At least 0. */
function varint(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...varint(rest)];
}
