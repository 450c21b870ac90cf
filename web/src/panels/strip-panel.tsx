import type { ComponentChildren, JSX } from 'preact';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import type { PanelProps } from '../app.tsx';

type Strip = NonNullable<FrameMessage['strip']>;

/** The newest decision as the sequence of tokens that it is: what went in, what came out. */
export function StripPanel({ connection }: PanelProps): JSX.Element {
  const strip = connection.frame?.strip;
  return (
    <section class="strip" aria-labelledby="strip-title">
      <h2 id="strip-title">Tokens of the newest decision</h2>
      {strip === null || strip === undefined ? (
        <p class="quiet">No decision yet.</p>
      ) : (
        <div class="tokens" data-testid="tokens">
          <Words strip={strip} />
          {strip.images.map(({ camera, patches }) => (
            <Group key={camera} label={`${camera}, ${patches} patches`}>
              <span
                class="patches"
                style={{ gridTemplateColumns: `repeat(${Math.ceil(Math.sqrt(patches))}, 0.55rem)` }}
              >
                {Array.from({ length: patches }, (_, index) => (
                  <i key={index} />
                ))}
              </span>
            </Group>
          ))}
          {strip.states.map(({ name, ids }) => (
            <Group key={name} label={name}>
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
          <Actions strip={strip} />
        </div>
      )}
    </section>
  );
}

function Words({ strip }: { readonly strip: Strip }): JSX.Element {
  return (
    <Group label="words">
      {strip.words.map(({ word, isKnown }, index) => (
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

function Actions({ strip }: { readonly strip: Strip }): JSX.Element {
  return (
    <Group label="actions: token, and how sure of it">
      {strip.actions.map(({ joint, id, probability, isMasked }) => (
        <span
          key={joint}
          class={isMasked ? 'token action masked' : 'token action'}
          title={isMasked ? `${joint}: its first choice was not safe, this is the best that is` : joint}
        >
          <small>{joint}</small>
          {id}
          <span class="bar">
            <i style={{ width: `${100 * probability}%` }} />
          </span>
          <small>
            {Math.round(100 * probability)} %{isMasked && ' masked'}
          </small>
        </span>
      ))}
    </Group>
  );
}

function Group({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="group">
      <span class="label">{label}</span>
      <div class="cells">{children}</div>
    </div>
  );
}
