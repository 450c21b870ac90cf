import type { ComponentChildren, JSX } from 'preact';

interface GroupProps {
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Tokens that belong together, and what they are. */
export function Group({ label, children }: GroupProps): JSX.Element {
  return (
    <div class="group">
      <span class="label">{label}</span>
      <div class="cells">{children}</div>
    </div>
  );
}

interface WordTokensProps {
  readonly words: readonly { readonly word: string; readonly isKnown: boolean }[];
}

/** The instruction as the policy is told it. */
export function WordTokens({ words }: WordTokensProps): JSX.Element {
  return (
    <Group label="words">
      {words.map(({ word, isKnown }, index) => (
        <span
          key={index}
          class={isKnown ? 'token' : 'token unknown'}
          title={isKnown ? '' : 'the policy does not know it'}
        >
          {word}
          {!isKnown && '?'}
        </span>
      ))}
    </Group>
  );
}

interface StateTokensProps {
  readonly states: readonly { readonly name: string; readonly ids: readonly number[] }[];
}

/** What the joints said, and the separator after it. */
export function StateTokens({ states }: StateTokensProps): JSX.Element {
  return (
    <>
      {states.map(({ name, ids }) => (
        <Group key={name} label={`${name}, joint by joint`}>
          {ids.map((id, index) => (
            <span key={index} class="token state">
              {id}
            </span>
          ))}
        </Group>
      ))}
      <Group label="separator">
        <span class="token separator">|</span>
      </Group>
    </>
  );
}
