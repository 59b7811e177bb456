import { z } from 'zod';
import { label, open } from './fields.ts';

const source = (about: string) => z.record(z.string(), z.unknown()).optional().describe(about);

const RESERVED = 'taskflow uses the volume names "podinfo" and "taskflow-…" itself; choose another name';

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
  configMap: source('The keys of a ConfigMap, as files.'),
  csi: source('A volume of a CSI driver.'),
  downwardAPI: source('Fields of the pod, as files.'),
  emptyDir: source('An empty directory that lives as long as the pod.'),
  ephemeral: source('A claim that lives as long as the pod.'),
  fc: source('A Fibre Channel disk.'),
  flexVolume: source('A volume of a FlexVolume driver.'),
  flocker: source('A Flocker volume.'),
  gcePersistentDisk: source('A Google Cloud disk.'),
  gitRepo: source('A git repository (Kubernetes has disabled it).'),
  glusterfs: source('A GlusterFS volume.'),
  hostPath: source('A directory or file of the node.'),
  image: source('The files of an OCI image.'),
  iscsi: source('An iSCSI disk.'),
  nfs: source('An NFS export.'),
  persistentVolumeClaim: source('A claim that exists already.'),
  photonPersistentDisk: source('A Photon disk.'),
  portworxVolume: source('A Portworx volume.'),
  projected: source('Several sources in one directory.'),
  quobyte: source('A Quobyte volume.'),
  rbd: source('A Ceph block device.'),
  scaleIO: source('A ScaleIO volume.'),
  secret: source('The keys of a Secret, as files.'),
  storageos: source('A StorageOS volume.'),
  vsphereVolume: source('A vSphere disk.'),
});
