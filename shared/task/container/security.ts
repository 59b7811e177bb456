import { z } from 'zod';
import { flag, int64, oneOf, open, text, texts } from './fields.ts';

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'] as const;

const capabilities = open({
  add: texts('Capabilities to add, such as NET_ADMIN.'),
  drop: texts('Capabilities to take away, such as ALL.'),
});

const seLinuxOptions = open({
  user: text('The SELinux user.'),
  role: text('The SELinux role.'),
  type: text('The SELinux type.'),
  level: text('The SELinux level.'),
});

const windowsOptions = open({
  gmsaCredentialSpecName: text('The name of the GMSA credential spec.'),
  gmsaCredentialSpec: text('The GMSA credential spec itself.'),
  runAsUserName: text('The Windows user to run as.'),
  hostProcess: flag('Run as a host process container.'),
});

const profile = (kind: string) =>
  open({
    type: z.enum(PROFILES).describe(`Which ${kind} profile applies.`),
    localhostProfile: text('The profile on the node, for type Localhost.'),
  });

/** The rights of a container: Kubernetes v1 SecurityContext. */
export const securityContextSchema = open({
  capabilities: capabilities.optional().describe('Linux capabilities to add and drop.'),
  privileged: flag('Run privileged, which is root on the node. Default: false.'),
  seLinuxOptions: seLinuxOptions.optional().describe('The SELinux context.'),
  windowsOptions: windowsOptions.optional().describe('Settings for Windows containers.'),
  runAsUser: int64('The user id to run as. Default: the one of the image.'),
  runAsGroup: int64('The group id to run as. Default: the one of the runtime.'),
  runAsNonRoot: flag('Refuse to start as user id 0.'),
  readOnlyRootFilesystem: flag('Make the root file system read-only. Default: false.'),
  allowPrivilegeEscalation: flag('Whether a process may gain more rights than its parent.'),
  procMount: oneOf(['Default', 'Unmasked'], 'How /proc is mounted. Default: Default.'),
  seccompProfile: profile('seccomp').optional().describe('The seccomp profile.'),
  appArmorProfile: profile('AppArmor').optional().describe('The AppArmor profile.'),
});
