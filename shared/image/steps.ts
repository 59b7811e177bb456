/** Looks up the images of those steps that leave it to them what runs. */
import { declaredCommand } from '../pod/step-command.ts';
import type { CompleteStep } from '../task/step-template.ts';
import { ImageLookupError } from './errors.ts';
import { wordsOf, type FoundImage } from './found.ts';
import type { ImageLookup, Wanted } from './lookup.ts';
import { ImageReferenceError } from './reference.ts';
import { sizeOfWords } from './resolve.ts';
import { MAX_POD_BYTES, PodTooLargeError } from '../task/size.ts';

/** What was found, by the image as the steps write it. */
export type Images = ReadonlyMap<string, FoundImage>;

/** Why one step does not know what to run. */
export interface StepProblem {
  step: string;
  error: ImageLookupError | ImageReferenceError;
}

/** Steps of which nobody can say what they run. Names each, its image, the registry, why, and the cure. */
export class StepLookupError extends Error {
  override name = 'StepLookupError';
  readonly problems: readonly StepProblem[];

  constructor(problems: readonly StepProblem[]) {
    super(
      problems
        .map(
          ({ step, error }) => `step ${step} has no command: ${error.message}, or give the step a command:`,
        )
        .join('\n'),
    );
    this.problems = problems;
  }
}

/** Whether what a step runs is up to its image. */
export function needsImage(step: Pick<CompleteStep, 'script' | 'command' | 'args'>): boolean {
  return declaredCommand(step, '') === undefined;
}

/**
 * Asks once for each image, for all steps at the same time.
 *
 * @throws {StepLookupError} with every step whose image did not say what to run
 * @throws {PodTooLargeError} when all of them say more than a pod can hold
 * @example podOf(task, { agentImage, images: await lookUpImages(stepsOf(task.spec), new ImageLookup(), { keyring }) })
 */
export async function lookUpImages(
  steps: readonly CompleteStep[],
  lookup: Pick<ImageLookup, 'find'>,
  wanted: Omit<Wanted, 'fresh'>,
): Promise<Images> {
  const silent = steps.filter(needsImage);
  const images = new Map<string, FoundImage>();
  let size = 0;
  const errors = new Map<string, StepProblem['error']>();
  await Promise.all(
    [...new Set(silent.map(({ image }) => image))].map(async (image) => {
      const users = silent.filter((step) => step.image === image);
      const fresh = users.some(({ imagePullPolicy }) => imagePullPolicy === 'Always');
      try {
        const found = await lookup.find(image, { ...wanted, fresh });
        size += sizeOfImage(found);
        // What each image may say is bounded, and a Task can have as many images as steps.
        if (size > MAX_POD_BYTES) images.clear();
        else images.set(image, found);
      } catch (error) {
        errors.set(image, expected(error));
      }
    }),
  );
  if (size > MAX_POD_BYTES)
    throw new PodTooLargeError(size, 'what the images of its steps say that they run');
  const problems = silent.flatMap(({ name, image, args }) => {
    const found = images.get(image);
    const error = errors.get(image) ?? (found && problemWith(found, args));
    return error === undefined ? [] : [{ step: name, error }];
  });
  if (problems.length > 0) throw new StepLookupError(problems);
  return images;
}

/** What the images say, bytes as JSON. */
export function sizeOfImages(images: Images): number {
  let size = 0;
  for (const found of images.values()) size += sizeOfImage(found);
  return size;
}

function sizeOfImage({ platforms }: FoundImage): number {
  return platforms.reduce((sum, each) => sum + sizeOfWords(each), 0);
}

function problemWith(
  found: FoundImage,
  args: readonly string[] | undefined,
): StepProblem['error'] | undefined {
  try {
    wordsOf(found, args);
    return undefined;
  } catch (error) {
    return expected(error);
  }
}

function expected(error: unknown): StepProblem['error'] {
  if (error instanceof ImageLookupError || error instanceof ImageReferenceError) return error;
  throw error;
}
