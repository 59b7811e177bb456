import { z } from 'zod';
import { flag, int64, label, oneOf, open, quantity, text } from './fields.ts';

const source = (about: string) => z.record(z.string(), z.unknown()).optional().describe(about);

const RESERVED = 'taskflow uses the volume names "podinfo" and "taskflow-…" itself; choose another name';

const named = (about: string) => z.string().min(1).describe(about);
const mode = (about: string) => z.int32().optional().describe(about);
const items = z
  .array(
    open({
      key: named('The key.'),
      path: named('The path of its file in the volume.'),
      mode: mode('The mode of the file, such as 0400. Default: defaultMode.'),
    }),
  )
  .optional()
  .describe('The keys to have, and where. Default: all, by their names.');
const optional = flag('Whether it may be missing. Default: false.');
const defaultMode = mode('The mode of the files, such as 0400. Default: 0644.');

const fieldItems = z
  .array(
    open({
      path: named('The path of the file in the volume.'),
      fieldRef: open({ apiVersion: text('Default: v1.'), fieldPath: named('Such as metadata.labels.') })
        .optional()
        .describe('A field of the pod.'),
      resourceFieldRef: open({
        containerName: text('The container.'),
        resource: named('Such as limits.cpu.'),
        divisor: quantity().optional().describe('The unit of the value, such as 1Mi. Default: 1.'),
      })
        .optional()
        .describe('A resource of a container.'),
      mode: mode('The mode of the file. Default: defaultMode.'),
    }),
  )
  .optional()
  .describe('The files.');

const projection = open({
  configMap: open({ name: named('The name of the ConfigMap.'), items, optional })
    .optional()
    .describe('The keys of a ConfigMap.'),
  secret: open({ name: named('The name of the Secret.'), items, optional })
    .optional()
    .describe('The keys of a Secret.'),
  downwardAPI: open({ items: fieldItems }).optional().describe('Fields of the pod.'),
  serviceAccountToken: open({
    audience: text('Who is to trust the token.'),
    expirationSeconds: int64('How long it is good, in seconds. Default: 3600.'),
    path: named('The path of the file in the volume.'),
  })
    .optional()
    .describe('A token of the service account.'),
  clusterTrustBundle: source('The certificates of a ClusterTrustBundle.'),
  podCertificate: source('A certificate for the pod.'),
});

/**
 * A volume of the pod: Kubernetes v1 Volume. What is inside a source is Kubernetes' affair and passed on; the names of the
 * sources are listed so that `configmap:` is found to be `configMap:`.
 */
export const volumeSchema = open({
  name: label(
    'The name of the volume: a DNS label. taskflow uses "podinfo" and names beginning with "taskflow-".',
  )
    .refine((name) => name !== 'podinfo' && !name.startsWith('taskflow-'), {
      error: RESERVED,
    })
    .meta({
      'x-kubernetes-validations': [
        { rule: "self != 'podinfo' && !self.startsWith('taskflow-')", message: RESERVED },
      ],
    }),
  awsElasticBlockStore: source('An AWS disk.'),
  azureDisk: source('An Azure disk.'),
  azureFile: source('An Azure file share.'),
  cephfs: source('A Ceph file system.'),
  cinder: source('An OpenStack disk.'),
  configMap: open({ name: named('The name of the ConfigMap.'), items, defaultMode, optional })
    .optional()
    .describe('The keys of a ConfigMap, as files.'),
  csi: open({
    driver: named('The name of the driver.'),
    readOnly: flag('Default: false.'),
    fsType: text('The file system.'),
    volumeAttributes: z.record(z.string(), z.string()).optional().describe('What the driver wants to know.'),
    nodePublishSecretRef: open({ name: text('The name of the Secret.') })
      .optional()
      .describe('What the driver wants to be shown.'),
  })
    .optional()
    .describe('A volume of a CSI driver.'),
  downwardAPI: open({ items: fieldItems, defaultMode }).optional().describe('Fields of the pod, as files.'),
  emptyDir: open({
    medium: text('Memory for a tmpfs. Default: the disk of the node.'),
    sizeLimit: quantity().optional().describe('The most that it may hold. Default: no limit.'),
  })
    .optional()
    .describe('An empty directory that lives as long as the pod.'),
  ephemeral: open({ volumeClaimTemplate: z.record(z.string(), z.unknown()).describe('The claim to make.') })
    .optional()
    .describe('A claim that lives as long as the pod.'),
  fc: source('A Fibre Channel disk.'),
  flexVolume: source('A volume of a FlexVolume driver.'),
  flocker: source('A Flocker volume.'),
  gcePersistentDisk: source('A Google Cloud disk.'),
  gitRepo: source('A git repository (Kubernetes has disabled it).'),
  glusterfs: source('A GlusterFS volume.'),
  hostPath: open({
    path: named('The path on the node.'),
    type: oneOf(
      ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'],
      'What must be there. Default: anything.',
    ),
  })
    .optional()
    .describe('A directory or file of the node.'),
  image: open({
    reference: named('The name of the image.'),
    pullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], 'When to pull it.'),
  })
    .optional()
    .describe('The files of an OCI image.'),
  iscsi: source('An iSCSI disk.'),
  nfs: open({
    server: named('The host.'),
    path: named('The path that it exports.'),
    readOnly: flag('Default: false.'),
  })
    .optional()
    .describe('An NFS export.'),
  persistentVolumeClaim: open({
    claimName: named('The name of the claim.'),
    readOnly: flag('Default: false.'),
  })
    .optional()
    .describe('A claim that exists already.'),
  photonPersistentDisk: source('A Photon disk.'),
  portworxVolume: source('A Portworx volume.'),
  projected: open({ sources: z.array(projection).optional().describe('What is in it.'), defaultMode })
    .optional()
    .describe('Several sources in one directory.'),
  quobyte: source('A Quobyte volume.'),
  rbd: source('A Ceph block device.'),
  scaleIO: source('A ScaleIO volume.'),
  secret: open({ secretName: named('The name of the Secret.'), items, defaultMode, optional })
    .optional()
    .describe('The keys of a Secret, as files.'),
  storageos: source('A StorageOS volume.'),
  vsphereVolume: source('A vSphere disk.'),
});

/** The names of the sources. */
export const VOLUME_SOURCES: readonly string[] = Object.keys(volumeSchema.shape).filter(
  (name) => name !== 'name',
);
