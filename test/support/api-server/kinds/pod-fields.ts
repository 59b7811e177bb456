/** The fields of a pod that this server knows, which are those that the schema of a Task does. */
import { z } from 'zod';
import { containerSchema } from '../../../../shared/task/container/container.ts';
import { volumeSchema } from '../../../../shared/task/container/volume.ts';
import { podTemplateSchema } from '../../../../shared/task/pod-template.ts';
import { formatPath, type Path } from '../../../../shared/manifest/words.ts';

const containers = z.array(containerSchema);
const podSchema = z.object({
  apiVersion: z.unknown(),
  kind: z.unknown(),
  metadata: z.unknown(),
  status: z.unknown(),
  spec: podTemplateSchema
    .omit({ metadata: true, spec: true })
    .extend({ containers, initContainers: containers, volumes: z.array(volumeSchema) }),
});

/** The paths of the others. */
export function unknownInPod(body: unknown): string[] {
  return unknown(podSchema, body, []).map(formatPath);
}

function unknown(schema: z.core.$ZodType | undefined, value: unknown, path: Path): Path[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unknown(schema.unwrap(), value, path);
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((item, index) => unknown(schema.element, item, [...path, index]));
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return [];
  const shape: z.core.$ZodShape = schema.shape;
  return Object.entries(value).flatMap(([name, inner]) =>
    Object.hasOwn(shape, name) ? unknown(shape[name], inner, [...path, name]) : [[...path, name]],
  );
}
