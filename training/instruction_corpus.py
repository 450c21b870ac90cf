"""Sentences that a vocabulary for instructions is learnt from: what one says to a robot arm, and plain English.

The instructions come of a grammar of our own. The English is WordNet's (Princeton University): its words, its
definitions and its example sentences, read from the database files as they are distributed.
"""
import re
from pathlib import Path

COLOURS = '''red green blue yellow orange purple violet pink brown black white grey gray silver golden turquoise cyan magenta
beige crimson scarlet indigo olive teal maroon transparent striped spotted dark light bright pale'''.split()
SIZES = 'small large big tiny huge little tall short long thin thick wide narrow flat round square heavy light full empty half-full open closed'.split()
MATERIALS = 'wooden metal plastic glass paper cardboard rubber foam steel aluminium ceramic leather cotton woollen copper brass'.split()
OBJECTS = '''cube block box ball sphere cylinder cone pyramid disc ring rod stick bar brick tile plate bowl cup mug bottle can jar jug
kettle pan pot lid spoon fork knife spatula whisk ladle tray basket bucket bin drawer cupboard cabinet shelf door handle knob button switch
lever dial key lock screw bolt nut washer nail screwdriver hammer wrench spanner pliers saw drill tape glue rope string wire cable plug socket
hose tube pipe valve gear spring magnet battery lamp torch phone remote keyboard mouse cable charger pen pencil marker eraser ruler scissors
stapler notebook book folder envelope letter parcel package towel cloth sponge brush broom napkin shirt sock shoe hat glove bag backpack toy
puzzle peg dice card coin apple banana pear lemon lime peach plum grape strawberry carrot potato tomato onion pepper cucumber lettuce bread
egg cheese butter milk juice water coffee tea sugar salt rice pasta beans soup cake biscuit chocolate sandwich flower plant leaf stone pebble
connector circuit board chip module part workpiece fixture pallet crate container test-tube pipette flask beaker vial syringe gripper suction
marble domino ribbon chain hook hinge clamp clip pin needle thread'''.split()
PLACES = '''table desk bench counter shelf floor drawer box bin basket tray plate bowl sink stove oven fridge microwave dishwasher rack
stand conveyor belt pallet target zone area circle square line corner edge centre middle side slot hole peg mat pad sheet platform container
cupboard cabinet bag cart chair stool window wall lamp station fixture socket vice holder'''.split()
VERBS = '''pick|up lift|up raise| grasp| grab| take| hold| catch| get| fetch| bring| collect| push| shove| slide| pull| drag| move| carry| transfer|
place| put| set| lay| drop| release| lower| insert| plug|in unplug| stack| pile| sort| arrange| align| centre| turn| rotate| flip| tilt| twist|
screw|in unscrew| tighten| loosen| open| close| shut| press| touch| reach| tap| poke| hit| knock|over throw| toss| roll| spin| shake| stir| pour|
fill| empty| scoop| wipe| clean| sweep| brush| fold| unfold| wrap| unwrap| hang|up hand|over pass| show| point|at find| look|for inspect| scan|
weigh| measure| count| cut| slice| peel| spread| pack| unpack| load| unload| attach| detach| mount| remove| replace| swap| return| hide| uncover|
cover| switch|on switch|off assemble| disassemble| clamp| glue| paint| draw| erase| water| tidy|up clear|away'''.split()
RELATIONS = '''on onto in into inside under underneath below above over beside behind between near against across along around through past
before after towards from off out|of on|top|of next|to in|front|of left|of right|of to|the|left|of to|the|right|of close|to away|from at
at|the|end|of in|the|middle|of'''.split()
ORDINALS = 'first second third fourth fifth last next other left right upper lower nearest farthest leftmost rightmost same'.split()
NUMBERS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty forty fifty hundred'.split()
UNITS = '''centimetres millimetres metres centimeters millimeters inches degrees seconds times steps grams kilograms newtons litres percent
radians minutes'''.split()
MANNERS = '''slowly quickly gently carefully softly firmly precisely again once twice immediately now please together separately
anticlockwise clockwise forwards backwards upwards downwards sideways straight'''.split()
JOINTS = '''base shoulder elbow wrist gripper fingers fingertips arm hand joint tool camera head left|arm right|arm end|effector
shoulder|pan shoulder|lift elbow|flex wrist|flex wrist|roll'''.split()
OPENINGS = ['please', 'now', 'then', 'next', 'can you', 'could you please', 'i want you to', 'you should', 'robot,', 'first,', 'finally,', 'try to']


def phrase(word):
    return word.replace('|', ' ')


def thing(random):
    """A noun phrase that names an object."""
    parts = [random.choice(['the', 'the', 'the', 'a', 'this', 'that', 'each', 'every', 'all of the', 'one of the', 'both'])]
    if random.random() < 0.15:
        parts.append(random.choice(ORDINALS))
    if random.random() < 0.1:
        parts.append(random.choice(NUMBERS))
    if random.random() < 0.25:
        parts.append(random.choice(SIZES))
    if random.random() < 0.5:
        parts.append(random.choice(COLOURS))
    if random.random() < 0.15:
        parts.append(random.choice(MATERIALS))
    noun = random.choice(OBJECTS)
    return ' '.join([*parts, noun + 's' if parts[0] in ('both', 'all of the', 'one of the') else noun])


def place(random):
    return f'{phrase(random.choice(RELATIONS))} the {random.choice([*COLOURS, *SIZES, ""])} {random.choice(PLACES)}'


def amount(random):
    number = random.choice([random.choice(NUMBERS), str(random.randrange(1, 400)), f'{random.randrange(1, 30)}.{random.randrange(10)}'])
    return f'{number} {random.choice(UNITS)}'


def order(random):
    """One thing to do."""
    if random.random() < 0.12:
        joint = phrase(random.choice(JOINTS))
        return f'{random.choice(["move", "turn", "raise", "lower", "rotate", "bend", "open", "close"])} the {joint} {random.choice(["", "by " + amount(random)])}'
    verb, particle = random.choice(VERBS).split('|')
    what = random.choice([thing(random), thing(random), 'it', 'them', 'everything'])
    parts = [verb, particle, what] if random.random() < 0.5 else [verb, what, particle]
    if random.random() < 0.6:
        parts.append(place(random) if random.random() < 0.7 else f'{phrase(random.choice(RELATIONS))} {thing(random)}')
    if random.random() < 0.12:
        parts.append('by ' + amount(random))
    if random.random() < 0.15:
        parts.append(random.choice(MANNERS))
    return ' '.join(part for part in parts if part)


def instructions(count, random):
    """Instructions to a robot arm, drawn from the grammar; the same for the same state of `random`."""
    for _ in range(count):
        parts = [random.choice(OPENINGS)] if random.random() < 0.2 else []
        parts.append(order(random))
        if random.random() < 0.25:
            parts.append(random.choice(['and', 'and then', 'before you', 'after that', 'but do not', 'until you']) + ' ' + order(random))
        yield ' '.join(parts) + random.choice(['', '', '', '.', '!'])


# A synset in a data file: offset, file number, kind, count of words in hex, word and number in turn, ... | gloss
SYNSET = re.compile(r'^\d{8} \d\d [nvasr] ([0-9a-f]{2}) (.*?) \| (.*)$')


def wordnet(folder):
    """The words and glosses of WordNet, one sentence each, in the order of its files. Raises FileNotFoundError without them."""
    for part in ('noun', 'verb', 'adj', 'adv'):
        path = Path(folder) / f'data.{part}'
        if not path.exists():
            raise FileNotFoundError(f'"{path}" does not exist; name the folder of WordNet\'s data files with --wordnet')
        for line in path.read_text(encoding='utf-8', errors='replace').splitlines():
            found = SYNSET.match(line.rstrip())
            if found is None:
                continue
            fields = found[2].split()
            for word in fields[:2 * int(found[1], 16):2]:
                # Names, most of them of species, would take the room of words.
                if word.islower():
                    yield re.sub(r'\((a|p|ip)\)$', '', word).replace('_', ' ')
            yield from (sentence for sentence in found[3].split('; ') if sentence)
