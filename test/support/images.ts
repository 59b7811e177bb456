/** Tiny images as OCI layouts, made by hand where no tool makes what is needed. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

export interface TestImage {
  /** `linux/arm/v7` */
  platform: string;
  entrypoint?: string[];
  cmd?: string[];
  attestation?: true;
}

/** Two blocks of zeros: an archive of nothing. */
const EMPTY_TAR = Buffer.alloc(1024);

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Blobs by their digest: what a registry holds. */
export class Blobs {
  readonly content = new Map<string, Buffer>();

  add(mediaType: string, value: Buffer | object): Descriptor {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    this.content.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  image({ platform, entrypoint, cmd, attestation }: TestImage): Descriptor {
    const [os = '', architecture = '', variant] = platform.split('/');
    const config = this.add(OCI.config, {
      os,
      architecture,
      ...(variant !== undefined && { variant }),
      config: { ...(entrypoint && { Entrypoint: entrypoint }), ...(cmd && { Cmd: cmd }) },
      rootfs: { type: 'layers', diff_ids: [digestOf(EMPTY_TAR)] },
      ...(attestation && { created: '2000-01-01T00:00:00Z' }),
    });
    const layer = this.add(OCI.layer, gzipSync(EMPTY_TAR));
    const manifest = this.add(OCI.manifest, {
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config,
      layers: [layer],
    });
    return {
      ...manifest,
      platform: { os, architecture, ...(variant !== undefined && { variant }) },
      ...(attestation && { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
    };
  }

  index(images: readonly TestImage[]): Descriptor {
    const manifests = images.map((image) => this.image(image));
    return this.add(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests });
  }
}

/** Writes an OCI layout whose one tag is `latest`; skopeo takes it as `oci:DIRECTORY:latest`. */
export async function writeLayout(directory: string, blobs: Blobs, top: Descriptor): Promise<void> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of blobs.content) {
    await writeFile(join(directory, 'blobs', digest.replace(':', '/')), bytes);
  }
  const { platform: _, ...descriptor } = top;
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' };
  const index = { schemaVersion: 2, manifests: [{ ...descriptor, annotations }] };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
