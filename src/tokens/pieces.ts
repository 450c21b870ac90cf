import * as library from '@huggingface/tokenizers';
import { z } from 'zod';
import { InvalidFileError } from '../core/errors.ts';
import { parseJson } from '../core/parse-json.ts';

/** Neighbours in a text that are in no piece share this id. */
export const UNKNOWN_PIECE_ID = 1;

/** A longer text is no instruction, and its search would take long. */
export const MAXIMUM_CHARACTERS = 4096;

/** What we use of the library: its own types cannot be resolved by those who import as Node.js does. */
interface Tokenizer {
  encode(text: string): { readonly ids: number[] };
}
const { Tokenizer: openTokenizer } = library as unknown as {
  readonly Tokenizer: new (document: object, settings: object) => Tokenizer;
};

/** Pieces 0 and 1. Normalised text is lower case, so that nobody can spell them. */
const PADDING_PIECE = '<PAD>';
const UNKNOWN_PIECE = '<UNK>';
const SPACE = '\u2581';

/**
 * What a text becomes before it is split, the same in every vocabulary: compatibility forms and capitals are
 * folded; letters, marks, digits, punctuation and symbols stay, every run of anything else is one space.
 * Mirrored in training/pieces.py.
 */
const normalizer = {
  type: 'Sequence',
  normalizers: [
    { type: 'NFKC' },
    { type: 'Lowercase' },
    { type: 'NFKC' },
    { type: 'Replace', pattern: { Regex: String.raw`[^\p{L}\p{M}\p{N}\p{P}\p{S}]+` }, content: ' ' },
    { type: 'Strip', strip_left: true, strip_right: true },
  ],
};
const preTokenizer = { type: 'Metaspace', replacement: SPACE, prepend_scheme: 'always', split: false };

const exactly = (value: unknown): z.ZodType =>
  z.unknown().refine((found) => JSON.stringify(found) === JSON.stringify(value), `expected ${JSON.stringify(value)}`);

/** The part of a tokenizer.json of the Hugging Face tokenizers libraries that decides ids. */
const fileSchema = z.looseObject({
  added_tokens: z.array(z.unknown()).max(0),
  normalizer: exactly(normalizer),
  pre_tokenizer: exactly(preTokenizer),
  post_processor: z.null(),
  model: z.looseObject({
    type: z.literal('Unigram'),
    unk_id: z.literal(UNKNOWN_PIECE_ID),
    byte_fallback: z.literal(false),
    /** Piece and log probability, by id. */
    vocab: z
      .array(z.tuple([z.string().min(1), z.number()]))
      .min(3)
      .refine(([first, second]) => first?.[0] === PADDING_PIECE && second?.[0] === UNKNOWN_PIECE, {
        error: `expected "${PADDING_PIECE}" and "${UNKNOWN_PIECE}" as the first pieces`,
      })
      .refine((vocab) => new Set(vocab.map(([piece]) => piece)).size === vocab.length, 'a piece stands twice'),
  }),
});

/** A SentencePiece vocabulary: a unigram model, which splits a text into the pieces that are likeliest together. */
export class PieceVocabulary {
  /** By id. */
  readonly pieces: readonly string[];
  readonly #tokenizer: Tokenizer;

  private constructor(document: z.infer<typeof fileSchema>) {
    this.pieces = document.model.vocab.map(([piece]) => piece);
    this.#tokenizer = new openTokenizer(document, {});
  }

  /**
   * From the content of a tokenizer.json; `path` is for messages.
   * Throws InvalidFileError for a file that is damaged or splits otherwise than training does.
   */
  static parse(content: string, path: string): PieceVocabulary {
    const result = fileSchema.safeParse(parseJson(content, path, 'Fetch the vocabulary again.'));
    if (result.success) return new PieceVocabulary(result.data);
    const problems = result.error.issues.slice(0, 5).map(({ path: at, message }) => `${at.join('.')}: ${message}`);
    throw new InvalidFileError(path, 'is no vocabulary of Armature', {
      found: problems.join('; '),
      remedy: 'Fetch the vocabulary again, or train one with training/vocabulary.py.',
    });
  }

  /** Ids of the likeliest pieces, in [0, pieces.length). The text has at most MAXIMUM_CHARACTERS characters. */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text).ids;
  }
}
