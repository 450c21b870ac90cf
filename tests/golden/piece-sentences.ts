import { Rng } from '../../src/core/rng.ts';

/** What people and other programs may say, and what nobody should. */
const sentences = [
  '',
  ' ',
  '\t\n\r ',
  '.',
  '?!',
  'a',
  'A',
  'lift',
  'Pick up the red cube.',
  'PICK UP THE RED CUBE!',
  'pick   up\tthe\nred\u00A0cube',
  '  lift the blue cube  ',
  'lift the blue cube, then put it on the green disc',
  'Put the yellow block (the small one) into the left-hand bin; then stop.',
  "don't drop it",
  'don\u2019t drop it',
  '\u201Creach\u201D the \u00ABtarget\u00BB',
  'move 12.5 cm to the left',
  'move \u22123 mm, turn 90\u00B0, wait 1\u20442 s',
  'turn \u00BD turn and \u00B2 times',
  '100 % of 1,000,000 grams',
  'screwdriver screwdrivers unscrewing',
  'antidisestablishmentarianism',
  'supercalifragilisticexpialidocious',
  'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',
  'a-b_c/d\\e|f~g',
  'e-mail: someone@example.org',
  'https://example.org/?q=lift#cube',
  '<PAD>',
  '<UNK>',
  '<pad> <unk> <s> </s>',
  '<0x41><0xFF>',
  '\u2581',
  '\u2581lift',
  'lift\u2581cube',
  'lift \u2581 cube',
  '\u2581\u2581\u2581',
  'na\u00EFve caf\u00E9',
  'nai\u0308ve cafe\u0301',
  '\uFB01ngertips and \uFB03x',
  '\uFF2C\uFF49\uFF46\uFF54 \uFF54\uFF48\uFF45 cube',
  '\u2460 \u2161 \u33A1 \u2122 \u00B5m',
  'stra\u00DFe GROSSE STRASSE \u1E9E',
  '\u0130stanbul \u0131',
  '\u039F\u0394\u03A5\u03A3\u03A3\u0395\u03A5\u03A3',
  '\u01C4 \u01C5 \u01C6',
  'подними красный куб',
  'Подними КРАСНЫЙ куб',
  '\u6297\u4E4B \u7EA2\u8272\u7684\u65B9\u5757',
  '\u62FF\u8D77\u7EA2\u8272\u65B9\u5757',
  '\u8D64\u3044\u30AD\u30E5\u30FC\u30D6\u3092\u6301\u3061\u4E0A\u3052\u3066',
  '\uFF76\uFF9E\uFF77\uFF9E',
  '\uBE68\uAC04 \uBE14\uB85D',
  '\u1107\u1161\u11AF',
  '\u0905\u0928\u0941\u0935\u093E\u0926 \u0915\u0930\u094B',
  '\u0627\u0631\u0641\u0639 \u0627\u0644\u0645\u0643\u0639\u0628',
  '\u05D4\u05E8\u05DD \u05D0\u05EA \u05D4\u05E7\u05D5\u05D1\u05D9\u05D9\u05D4',
  '\u0E2B\u0E22\u0E34\u0E1A\u0E25\u0E39\u0E01\u0E1A\u0E32\u0E28\u0E01\u0E4C',
  '\u10D0\u10D8\u10E6\u10D4 \u1C90\u1C91',
  '\u13A0\u13A1 \uAB70',
  '\u{1D4EB}\u{1D4F5}\u{1D4EA}\u{1D4EC}\u{1D4F4}',
  '\u{1F916} lift \u{1F534} cube \u{1F44D}\u{1F3FD}',
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
  'lift\u200Bthe\u200Dred\uFEFFcube',
  '\u202Elift the cube\u202C',
  'lift\u0000the\u0007cube\u001F',
  'lift\u0085the\u2028cube\u2029',
  'lift\u00ADing',
  'a\u0300\u0301\u0302\u0303b',
  '\u0300',
  '\u0345\u03B1',
  'x\u2070\u2071',
  '\u2126 \u212B \u212A',
  '\uD7A3\u11A8',
  '\uE000 private \uF8FF',
  '\uFFFD \uFFFC',
  'lift '.repeat(200),
  'x'.repeat(1000),
  '\u65B9'.repeat(1000),
  '\u65B9 '.repeat(200),
  'the quick brown fox jumps over the lazy dog',
  'Sphinx of black quartz, judge my vow!',
];

const verbs = ['lift', 'Push', 'STACK', 'unscrew', 'hand over', 'gently wipe', 'Please sort', 'palpate', 'defenestrate'];
const colours = ['red', 'Blue', 'GREEN', 'light-grey', 'ultramarine', '', 'chartreuse'];
const objects = ['cube', 'test-tube', 'jam jar', 'screwdriver', 'M4 bolts', 'widget', 'thingamajig', "grandma's cup"];
const places = ['on the table', 'into bin #3', 'next to it', '10 cm left of the plate', 'beneath the oscilloscope', '...'];

/** First code points of scripts and of marks, signs and pictures. */
const blocks = [0x20, 0x41, 0x61, 0xa0, 0x100, 0x300, 0x370, 0x400, 0x590, 0x620, 0x900, 0x1100, 0x1e00, 0x1f00, 0x2000];
const moreBlocks = [0x20a0, 0x2100, 0x2460, 0x2580, 0x2c00, 0x3040, 0x3200, 0x4e00, 0xac00, 0xfb00, 0xfe50, 0xff00, 0x1f300];

/** Sentences for the golden file of the pieces, the same every time. */
export function pieceSentences(): string[] {
  const rng = new Rng(8);
  const said = Array.from(
    { length: 200 },
    () => `${rng.pick(verbs)} the ${rng.pick(colours)} ${rng.pick(objects)} ${rng.pick(places)}${rng.pick(['', '.', '!', '?'])}`,
  );
  const strange = Array.from({ length: 200 }, () => {
    const characters = Array.from({ length: 1 + rng.integer(24) }, () => {
      const first = rng.pick([0x61, ...blocks, ...moreBlocks]);
      return rng.integer(3) === 0 ? ' ' : String.fromCodePoint(first + rng.integer(first === 0x61 ? 26 : 64));
    });
    return characters.join('');
  });
  return [...sentences, ...said, ...strange];
}
