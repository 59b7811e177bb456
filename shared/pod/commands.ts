/** What each step's container runs. */
import { escaped, wordsOf, type FoundImage } from '../image/found.ts';
import { parseReference } from '../image/reference.ts';
import { needsImage, type Images } from '../image/steps.ts';
import { declaredCommand, type AgentCommand } from './step-command.ts';
import type { CompleteStep } from '../task/step-template.ts';
import { MAX_POD_BYTES, PodTooLargeError, sizeOf } from '../task/size.ts';
import { AT } from './paths.ts';

/** A step of which nobody said what it runs. */
export class NoCommandError extends Error {
  override name = 'NoCommandError';
  readonly steps: readonly CompleteStep[];

  constructor(steps: readonly CompleteStep[]) {
    super(
      steps
        .map(
          ({ name, image }) =>
            `step ${name} has no command, and its image ${image} was not looked up; look it up (lookUpImages), or give the step a command: or a script:`,
        )
        .join('\n'),
    );
    this.steps = steps;
  }
}

/** A step as its container will be, and what it runs. */
export interface Resolved {
  step: CompleteStep;
  command: AgentCommand;
}

/**
 * @throws {NoCommandError} naming every step that has neither script nor command and whose image was not asked.
 * @throws {PodTooLargeError} before anything is put together.
 * @throws {ImageLookupError} when an image that was looked up says nothing for a step.
 */
export function resolveCommands(steps: readonly CompleteStep[], images: Images | undefined): Resolved[] {
  checkWords(steps, images);
  const resolved = steps.map((step) => resolve(step, images));
  const silent = steps.filter((_, index) => resolved[index] === undefined);
  if (silent.length > 0) throw new NoCommandError(silent);
  return resolved.filter((each) => each !== undefined);
}

/** What an image runs goes into each step that leaves it to the image. */
function checkWords(steps: readonly CompleteStep[], images: Images | undefined): void {
  const sizes = new Map<string, number>();
  let bytes = 0;
  for (const { image } of steps.filter(needsImage)) {
    const size =
      sizes.get(image) ??
      sizeOf(images?.get(image)?.platforms.map(({ entrypoint, cmd }) => [entrypoint, cmd]));
    sizes.set(image, size);
    bytes += size;
  }
  if (bytes > MAX_POD_BYTES)
    throw new PodTooLargeError(bytes, 'what the images of its steps say that they run');
}

function resolve(step: CompleteStep, images: Images | undefined): Resolved | undefined {
  const declared = declaredCommand(step, `${AT.scripts}/${step.name}`);
  if (declared !== undefined) return { step, command: { argv: declared } };
  const found = images?.get(step.image);
  if (found === undefined) return undefined;
  const { args = [] } = step;
  const words = escaped(wordsOf(found, args));
  const command: AgentCommand =
    words.kind === 'same' ? { argv: [...words.words, ...args] } : { entrypoints: words.words, argv: args };
  return { step: pinned(step, found), command };
}

/**
 * The step with its image by the digest that was read, so that the node runs what was looked up. What that changes
 * about pulling is put right: a digest is pulled if it is not present, but `latest` always is. An image that must
 * not be pulled may have no digest on the node, and stays as it is written.
 */
function pinned(step: CompleteStep, found: FoundImage): CompleteStep {
  if (step.imagePullPolicy === 'Never') return step;
  const { tag, digest } = parseReference(step.image);
  const always = step.imagePullPolicy === undefined && digest === undefined && tag === 'latest';
  return { ...step, image: found.pinned, ...(always && { imagePullPolicy: 'Always' }) };
}
