// Made by test/kube/builtin_types.py; the notation is told in type_table.cc.

#include "engine/embedded/type_table.h"

namespace hpaplus::embedded {

std::string_view BuiltinTypes() {
  return R"(
AWSElasticBlockStoreVolumeSource fsType:s=2 partition:i=3 readOnly:b=4 volumeID:s=1
Affinity nodeAffinity:NodeAffinity=1 podAffinity:PodAffinity=2 podAntiAffinity:PodAntiAffinity=3
AppArmorProfile localhostProfile:s=2 type:s=1
AttachedVolume devicePath:s=2 name:s=1
AzureDiskVolumeSource cachingMode:s=3 diskName:s=1 diskURI:s=2 fsType:s=4 kind:s=6 readOnly:b=5
AzureFileVolumeSource readOnly:b=3 secretName:s=1 shareName:s=2
CSIVolumeSource driver:s=1 fsType:s=3 nodePublishSecretRef:LocalObjectReference=5 readOnly:b=2
 volumeAttributes:{s=4
Capabilities add:[s=1 drop:[s=2
CephFSVolumeSource monitors:[s=1 path:s=2 readOnly:b=6 secretFile:s=4
 secretRef:LocalObjectReference=5 user:s=3
CinderVolumeSource fsType:s=2 readOnly:b=3 secretRef:LocalObjectReference=4 volumeID:s=1
ClusterTrustBundleProjection labelSelector:LabelSelector=3 name:s=1 optional:b=5 path:s=4
 signerName:s=2
ConfigMap apiVersion:s binaryData:{B=3 data:{s=2 immutable:b=4 kind:s metadata:ObjectMeta=1
ConfigMapEnvSource name:s optional:b=2 ^:LocalObjectReference=1
ConfigMapKeySelector key:s=2 name:s optional:b=3 ^:LocalObjectReference=1
ConfigMapNodeConfigSource kubeletConfigKey:s=5 name:s=2 namespace:s=1 resourceVersion:s=4 uid:s=3
ConfigMapProjection items:[KeyToPath=2 name:s optional:b=4 ^:LocalObjectReference=1
ConfigMapVolumeSource defaultMode:i=3 items:[KeyToPath=2 name:s optional:b=4
 ^:LocalObjectReference=1
Container args:[s=4 command:[s=3 env:[EnvVar|name=7 envFrom:[EnvFromSource=19 image:s=2
 imagePullPolicy:s=14 lifecycle:Lifecycle=12 livenessProbe:Probe=10 name:s=1
 ports:[ContainerPort|containerPort=6 readinessProbe:Probe=11
 resizePolicy:[ContainerResizePolicy=23 resources:ResourceRequirements=8 restartPolicy:s=24
 restartPolicyRules:[ContainerRestartRule=25 securityContext:SecurityContext=15
 startupProbe:Probe=22 stdin:b=16 stdinOnce:b=17 terminationMessagePath:s=13
 terminationMessagePolicy:s=20 tty:b=18 volumeDevices:[VolumeDevice|devicePath=21
 volumeMounts:[VolumeMount|mountPath=9 workingDir:s=5
ContainerExtendedResourceRequest containerName:s=1 requestName:s=3 resourceName:s=2
ContainerImage names:[s=1 sizeBytes:l=2
ContainerPort containerPort:i=3 hostIP:s=5 hostPort:i=2 name:s=1 protocol:s=4
ContainerResizePolicy resourceName:s=1 restartPolicy:s=2
ContainerResourceMetricSource container:s=3 name:s=1 target:MetricTarget=2
ContainerResourceMetricStatus container:s=3 current:MetricValueStatus=2 name:s=1
ContainerRestartRule action:s=1 exitCodes:ContainerRestartRuleOnExitCodes=2
ContainerRestartRuleOnExitCodes operator:s=1 values:[i=2
ContainerState running:ContainerStateRunning=2 terminated:ContainerStateTerminated=3
 waiting:ContainerStateWaiting=1
ContainerStateRunning startedAt:t=1
ContainerStateTerminated containerID:s=7 exitCode:i=1 finishedAt:t=6 message:s=4 reason:s=3
 signal:i=2 startedAt:t=5
ContainerStateWaiting message:s=2 reason:s=1
ContainerStatus allocatedResources:{q=10 allocatedResourcesStatus:[ResourceStatus|name=14
 containerID:s=8 image:s=6 imageID:s=7 lastState:ContainerState=3 name:s=1 ready:b=4
 resources:ResourceRequirements=11 restartCount:i=5 started:b=9 state:ContainerState=2
 stopSignal:s=15 user:ContainerUser=13 volumeMounts:[VolumeMountStatus|mountPath=12
ContainerUser linux:LinuxContainerUser=1
CrossVersionObjectReference apiVersion:s=3 kind:s=1 name:s=2
CustomResourceColumnDefinition description:s format:s jsonPath:s name:s priority:i type:s
CustomResourceConversion strategy:s webhook:WebhookConversion
CustomResourceDefinition apiVersion:s kind:s metadata:ObjectMeta spec:CustomResourceDefinitionSpec
 status:CustomResourceDefinitionStatus
CustomResourceDefinitionCondition lastTransitionTime:t message:s observedGeneration:l reason:s
 status:s type:s
CustomResourceDefinitionNames categories:[s kind:s listKind:s plural:s shortNames:[s singular:s
CustomResourceDefinitionSpec conversion:CustomResourceConversion group:s
 names:CustomResourceDefinitionNames preserveUnknownFields:b scope:s
 versions:[CustomResourceDefinitionVersion
CustomResourceDefinitionStatus acceptedNames:CustomResourceDefinitionNames
 conditions:[CustomResourceDefinitionCondition observedGeneration:l storedVersions:[s
CustomResourceDefinitionVersion additionalPrinterColumns:[CustomResourceColumnDefinition
 deprecated:b deprecationWarning:s name:s schema:CustomResourceValidation
 selectableFields:[SelectableField served:b storage:b subresources:CustomResourceSubresources
CustomResourceSubresourceScale labelSelectorPath:s specReplicasPath:s statusReplicasPath:s
CustomResourceSubresourceStatus
CustomResourceSubresources scale:CustomResourceSubresourceScale
 status:CustomResourceSubresourceStatus
CustomResourceValidation openAPIV3Schema:JSONSchemaProps
DaemonEndpoint Port:i=1
Deployment apiVersion:s kind:s metadata:ObjectMeta=1 spec:DeploymentSpec=2
 status:DeploymentStatus=3
DeploymentCondition lastTransitionTime:t=7 lastUpdateTime:t=6 message:s=5 reason:s=4 status:s=2
 type:s=1
DeploymentSpec minReadySeconds:i=5 paused:b=7 progressDeadlineSeconds:i=9 replicas:i=1
 revisionHistoryLimit:i=6 selector:LabelSelector=2 strategy:DeploymentStrategy=4
 template:PodTemplateSpec=3
DeploymentStatus availableReplicas:i=4 collisionCount:i=8 conditions:[DeploymentCondition|type=6
 observedGeneration:l=1 readyReplicas:i=7 replicas:i=2 terminatingReplicas:i=9
 unavailableReplicas:i=5 updatedReplicas:i=3
DeploymentStrategy rollingUpdate:RollingUpdateDeployment=2 type:s=1
DownwardAPIProjection items:[DownwardAPIVolumeFile=1
DownwardAPIVolumeFile fieldRef:ObjectFieldSelector=2 mode:i=4 path:s=1
 resourceFieldRef:ResourceFieldSelector=3
DownwardAPIVolumeSource defaultMode:i=2 items:[DownwardAPIVolumeFile=1
EmptyDirVolumeSource medium:s=1 sizeLimit:q=2
EnvFromSource configMapRef:ConfigMapEnvSource=2 prefix:s=1 secretRef:SecretEnvSource=3
EnvVar name:s=1 value:s=2 valueFrom:EnvVarSource=3
EnvVarSource configMapKeyRef:ConfigMapKeySelector=3 fieldRef:ObjectFieldSelector=1
 fileKeyRef:FileKeySelector=5 resourceFieldRef:ResourceFieldSelector=2
 secretKeyRef:SecretKeySelector=4
EphemeralContainer args:[s command:[s env:[EnvVar|name envFrom:[EnvFromSource image:s
 imagePullPolicy:s lifecycle:Lifecycle livenessProbe:Probe name:s
 ports:[ContainerPort|containerPort readinessProbe:Probe resizePolicy:[ContainerResizePolicy
 resources:ResourceRequirements restartPolicy:s restartPolicyRules:[ContainerRestartRule
 securityContext:SecurityContext startupProbe:Probe stdin:b stdinOnce:b targetContainerName:s=2
 terminationMessagePath:s terminationMessagePolicy:s tty:b volumeDevices:[VolumeDevice|devicePath
 volumeMounts:[VolumeMount|mountPath workingDir:s ^:EphemeralContainerCommon=1
EphemeralContainerCommon args:[s=4 command:[s=3 env:[EnvVar|name=7 envFrom:[EnvFromSource=19
 image:s=2 imagePullPolicy:s=14 lifecycle:Lifecycle=12 livenessProbe:Probe=10 name:s=1
 ports:[ContainerPort|containerPort=6 readinessProbe:Probe=11
 resizePolicy:[ContainerResizePolicy=23 resources:ResourceRequirements=8 restartPolicy:s=24
 restartPolicyRules:[ContainerRestartRule=25 securityContext:SecurityContext=15
 startupProbe:Probe=22 stdin:b=16 stdinOnce:b=17 terminationMessagePath:s=13
 terminationMessagePolicy:s=20 tty:b=18 volumeDevices:[VolumeDevice|devicePath=21
 volumeMounts:[VolumeMount|mountPath=9 workingDir:s=5
EphemeralVolumeSource volumeClaimTemplate:PersistentVolumeClaimTemplate=1
Event action:s=12 apiVersion:s count:i=8 eventTime:u=10 firstTimestamp:t=6
 involvedObject:ObjectReference=2 kind:s lastTimestamp:t=7 message:s=4 metadata:ObjectMeta=1
 reason:s=3 related:ObjectReference=13 reportingComponent:s=14 reportingInstance:s=15
 series:EventSeries=11 source:EventSource=5 type:s=9
Event@events action:s=6 apiVersion:s deprecatedCount:i=15 deprecatedFirstTimestamp:t=13
 deprecatedLastTimestamp:t=14 deprecatedSource:EventSource=12 eventTime:u=2 kind:s
 metadata:ObjectMeta=1 note:s=10 reason:s=7 regarding:ObjectReference=8 related:ObjectReference=9
 reportingController:s=4 reportingInstance:s=5 series:EventSeries@events=3 type:s=11
EventSeries count:i=1 lastObservedTime:u=2
EventSeries@events count:i=1 lastObservedTime:u=2
EventSource component:s=1 host:s=2
ExecAction command:[s=1
ExternalDocumentation description:s url:s
ExternalMetricSource metric:MetricIdentifier=1 target:MetricTarget=2
ExternalMetricStatus current:MetricValueStatus=2 metric:MetricIdentifier=1
FCVolumeSource fsType:s=3 lun:i=2 readOnly:b=4 targetWWNs:[s=1 wwids:[s=5
FileKeySelector key:s=3 optional:b=4 path:s=2 volumeName:s=1
FlexVolumeSource driver:s=1 fsType:s=2 options:{s=5 readOnly:b=4 secretRef:LocalObjectReference=3
FlockerVolumeSource datasetName:s=1 datasetUUID:s=2
GCEPersistentDiskVolumeSource fsType:s=2 partition:i=3 pdName:s=1 readOnly:b=4
GRPCAction port:i=1 service:s=2
GitRepoVolumeSource directory:s=3 repository:s=1 revision:s=2
GlusterfsVolumeSource endpoints:s=1 path:s=2 readOnly:b=3
HPAScalingPolicy periodSeconds:i=3 type:s=1 value:i=2
HPAScalingRules policies:[HPAScalingPolicy=2 selectPolicy:s=1 stabilizationWindowSeconds:i=3
 tolerance:q=4
HTTPGetAction host:s=3 httpHeaders:[HTTPHeader=5 path:s=1 port:o=2 scheme:s=4
HTTPHeader name:s=1 value:s=2
HorizontalPodAutoscaler apiVersion:s kind:s metadata:ObjectMeta=1
 spec:HorizontalPodAutoscalerSpec=2 status:HorizontalPodAutoscalerStatus=3
HorizontalPodAutoscalerBehavior scaleDown:HPAScalingRules=2 scaleUp:HPAScalingRules=1
HorizontalPodAutoscalerCondition lastTransitionTime:t=3 message:s=5 reason:s=4 status:s=2 type:s=1
HorizontalPodAutoscalerSpec behavior:HorizontalPodAutoscalerBehavior=5 maxReplicas:i=3
 metrics:[MetricSpec=4 minReplicas:i=2 scaleTargetRef:CrossVersionObjectReference=1
HorizontalPodAutoscalerStatus conditions:[HorizontalPodAutoscalerCondition|type=6
 currentMetrics:[MetricStatus=5 currentReplicas:i=3 desiredReplicas:i=4 lastScaleTime:t=2
 observedGeneration:l=1
HostAlias hostnames:[s=2 ip:s=1
HostIP ip:s=1
HostPathVolumeSource path:s=1 type:s=2
ISCSIVolumeSource chapAuthDiscovery:b=8 chapAuthSession:b=11 fsType:s=5 initiatorName:s=12 iqn:s=2
 iscsiInterface:s=4 lun:i=3 portals:[s=7 readOnly:b=6 secretRef:LocalObjectReference=10
 targetPortal:s=1
ImageVolumeSource pullPolicy:s=2 reference:s=1
ImageVolumeStatus imageRef:s=1
JSONSchemaProps $ref:s $schema:s additionalItems:x additionalProperties:x allOf:[JSONSchemaProps
 anyOf:[JSONSchemaProps default:x definitions:{JSONSchemaProps dependencies:{x description:s
 enum:[x example:x exclusiveMaximum:b exclusiveMinimum:b externalDocs:ExternalDocumentation
 format:s id:s items:x maxItems:l maxLength:l maxProperties:l maximum:f minItems:l minLength:l
 minProperties:l minimum:f multipleOf:f not:JSONSchemaProps nullable:b oneOf:[JSONSchemaProps
 pattern:s patternProperties:{JSONSchemaProps properties:{JSONSchemaProps required:[s title:s
 type:s uniqueItems:b x-kubernetes-embedded-resource:b x-kubernetes-int-or-string:b
 x-kubernetes-list-map-keys:[s x-kubernetes-list-type:s x-kubernetes-map-type:s
 x-kubernetes-preserve-unknown-fields:b x-kubernetes-validations:[ValidationRule|rule
KeyToPath key:s=1 mode:i=3 path:s=2
LabelSelector matchExpressions:[LabelSelectorRequirement=2 matchLabels:{s=1
LabelSelectorRequirement key:s=1 operator:s=2 values:[s=3
Lease apiVersion:s kind:s metadata:ObjectMeta=1 spec:LeaseSpec=2
LeaseSpec acquireTime:u=3 holderIdentity:s=1 leaseDurationSeconds:i=2 leaseTransitions:i=5
 preferredHolder:s=7 renewTime:u=4 strategy:s=6
Lifecycle postStart:LifecycleHandler=1 preStop:LifecycleHandler=2 stopSignal:s=3
LifecycleHandler exec:ExecAction=1 httpGet:HTTPGetAction=2 sleep:SleepAction=4
 tcpSocket:TCPSocketAction=3
LinuxContainerUser gid:l=2 supplementalGroups:[l=3 uid:l=1
LocalObjectReference name:s=1
ManagedFieldsEntry apiVersion:s=3 fieldsType:s=6 fieldsV1:x=7 manager:s=1 operation:s=2
 subresource:s=8 time:t=4
MetricIdentifier name:s=1 selector:LabelSelector=2
MetricSpec containerResource:ContainerResourceMetricSource=7 external:ExternalMetricSource=5
 object:ObjectMetricSource=2 pods:PodsMetricSource=3 resource:ResourceMetricSource=4 type:s=1
MetricStatus containerResource:ContainerResourceMetricStatus=7 external:ExternalMetricStatus=5
 object:ObjectMetricStatus=2 pods:PodsMetricStatus=3 resource:ResourceMetricStatus=4 type:s=1
MetricTarget averageUtilization:i=4 averageValue:q=3 type:s=1 value:q=2
MetricValueStatus averageUtilization:i=3 averageValue:q=2 value:q=1
ModifyVolumeStatus status:s=2 targetVolumeAttributesClassName:s=1
NFSVolumeSource path:s=2 readOnly:b=3 server:s=1
Namespace apiVersion:s kind:s metadata:ObjectMeta=1 spec:NamespaceSpec=2 status:NamespaceStatus=3
NamespaceCondition lastTransitionTime:t=4 message:s=6 reason:s=5 status:s=2 type:s=1
NamespaceSpec finalizers:[s=1
NamespaceStatus conditions:[NamespaceCondition|type=2 phase:s=1
Node apiVersion:s kind:s metadata:ObjectMeta=1 spec:NodeSpec=2 status:NodeStatus=3
NodeAddress address:s=2 type:s=1
NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm=2
 requiredDuringSchedulingIgnoredDuringExecution:NodeSelector=1
NodeAllocatableResourceClaimStatus containers:[s=2 resourceClaimName:s=1 resources:{q=3
NodeCondition lastHeartbeatTime:t=3 lastTransitionTime:t=4 message:s=6 reason:s=5 status:s=2
 type:s=1
NodeConfigSource configMap:ConfigMapNodeConfigSource=2
NodeConfigStatus active:NodeConfigSource=2 assigned:NodeConfigSource=1 error:s=4
 lastKnownGood:NodeConfigSource=3
NodeDaemonEndpoints kubeletEndpoint:DaemonEndpoint=1
NodeFeatures supplementalGroupsPolicy:b=1
NodeRuntimeHandler features:NodeRuntimeHandlerFeatures=2 name:s=1
NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:b=1 userNamespaces:b=2
NodeSelector nodeSelectorTerms:[NodeSelectorTerm=1
NodeSelectorRequirement key:s=1 operator:s=2 values:[s=3
NodeSelectorTerm matchExpressions:[NodeSelectorRequirement=1
 matchFields:[NodeSelectorRequirement=2
NodeSpec configSource:NodeConfigSource=6 externalID:s=2 podCIDR:s=1 podCIDRs:[s|=7 providerID:s=3
 taints:[Taint=5 unschedulable:b=4
NodeStatus addresses:[NodeAddress|type=5 allocatable:{q=2 capacity:{q=1
 conditions:[NodeCondition|type=4 config:NodeConfigStatus=11 daemonEndpoints:NodeDaemonEndpoints=6
 declaredFeatures:[s=14 features:NodeFeatures=13 images:[ContainerImage=8
 nodeInfo:NodeSystemInfo=7 phase:s=3 runtimeHandlers:[NodeRuntimeHandler=12
 volumesAttached:[AttachedVolume=10 volumesInUse:[s=9
NodeSwapStatus capacity:l=1
NodeSystemInfo architecture:s=10 bootID:s=3 containerRuntimeVersion:s=6 kernelVersion:s=4
 kubeProxyVersion:s=8 kubeletVersion:s=7 machineID:s=1 operatingSystem:s=9 osImage:s=5
 swap:NodeSwapStatus=11 systemUUID:s=2
ObjectFieldSelector apiVersion:s=1 fieldPath:s=2
ObjectMeta annotations:{s=12 creationTimestamp:t=8 deletionGracePeriodSeconds:l=10
 deletionTimestamp:t=9 finalizers:[s|=14 generateName:s=2 generation:l=7 labels:{s=11
 managedFields:[ManagedFieldsEntry=17 name:s=1 namespace:s=3
 ownerReferences:[OwnerReference|uid=13 resourceVersion:s=6 selfLink:s=4 uid:s=5
ObjectMetricSource describedObject:CrossVersionObjectReference=1 metric:MetricIdentifier=3
 target:MetricTarget=2
ObjectMetricStatus current:MetricValueStatus=2 describedObject:CrossVersionObjectReference=3
 metric:MetricIdentifier=1
ObjectReference apiVersion:s=5 fieldPath:s=7 kind:s=1 name:s=3 namespace:s=2 resourceVersion:s=6
 uid:s=4
OwnerReference apiVersion:s=5 blockOwnerDeletion:b=7 controller:b=6 kind:s=1 name:s=3 uid:s=4
PersistentVolumeClaim apiVersion:s kind:s metadata:ObjectMeta=1 spec:PersistentVolumeClaimSpec=2
 status:PersistentVolumeClaimStatus=3
PersistentVolumeClaimCondition lastProbeTime:t=3 lastTransitionTime:t=4 message:s=6 reason:s=5
 status:s=2 type:s=1
PersistentVolumeClaimSpec accessModes:[s=1 dataSource:TypedLocalObjectReference=7
 dataSourceRef:TypedObjectReference=8 resources:VolumeResourceRequirements=2
 selector:LabelSelector=4 storageClassName:s=5 volumeAttributesClassName:s=9 volumeMode:s=6
 volumeName:s=3
PersistentVolumeClaimStatus accessModes:[s=2 allocatedResourceStatuses:{s=7
 allocatedResources:{q=5 capacity:{q=3 conditions:[PersistentVolumeClaimCondition|type=4
 currentVolumeAttributesClassName:s=8 modifyVolumeStatus:ModifyVolumeStatus=9 phase:s=1
PersistentVolumeClaimTemplate metadata:ObjectMeta=1 spec:PersistentVolumeClaimSpec=2
PersistentVolumeClaimVolumeSource claimName:s=1 readOnly:b=2
PhotonPersistentDiskVolumeSource fsType:s=2 pdID:s=1
Pod apiVersion:s kind:s metadata:ObjectMeta=1 spec:PodSpec=2 status:PodStatus=3
PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm=2
 requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm=1
PodAffinityTerm labelSelector:LabelSelector=1 matchLabelKeys:[s=5 mismatchLabelKeys:[s=6
 namespaceSelector:LabelSelector=4 namespaces:[s=2 topologyKey:s=3
PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm=2
 requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm=1
PodCertificateProjection certificateChainPath:s=6 credentialBundlePath:s=4 keyPath:s=5 keyType:s=2
 maxExpirationSeconds:i=3 signerName:s=1 userAnnotations:{s=7
PodCondition lastProbeTime:t=3 lastTransitionTime:t=4 message:s=6 observedGeneration:l=7
 reason:s=5 status:s=2 type:s=1
PodDNSConfig nameservers:[s=1 options:[PodDNSConfigOption=3 searches:[s=2
PodDNSConfigOption name:s=1 value:s=2
PodExtendedResourceClaimStatus requestMappings:[ContainerExtendedResourceRequest=1
 resourceClaimName:s=2
PodIP ip:s=1
PodOS name:s=1
PodReadinessGate conditionType:s=1
PodResourceClaim name:s=1 resourceClaimName:s=3 resourceClaimTemplateName:s=4
PodResourceClaimStatus name:s=1 resourceClaimName:s=2
PodSchedulingGate name:s=1
PodSchedulingGroup podGroupName:s=1
PodSecurityContext appArmorProfile:AppArmorProfile=11 fsGroup:l=5 fsGroupChangePolicy:s=9
 runAsGroup:l=6 runAsNonRoot:b=3 runAsUser:l=2 seLinuxChangePolicy:s=13
 seLinuxOptions:SELinuxOptions=1 seccompProfile:SeccompProfile=10 supplementalGroups:[l=4
 supplementalGroupsPolicy:s=12 sysctls:[Sysctl=7 windowsOptions:WindowsSecurityContextOptions=8
PodSpec activeDeadlineSeconds:l=5 affinity:Affinity=18 automountServiceAccountToken:b=21
 containers:[Container|name=2 dnsConfig:PodDNSConfig=26 dnsPolicy:s=6 enableServiceLinks:b=30
 ephemeralContainers:[EphemeralContainer|name=34 hostAliases:[HostAlias|ip=23 hostIPC:b=13
 hostNetwork:b=11 hostPID:b=12 hostUsers:b=37 hostname:s=16 hostnameOverride:s=41
 imagePullSecrets:[LocalObjectReference|name=15 initContainers:[Container|name=20 nodeName:s=10
 nodeSelector:{s=7 os:PodOS=36 overhead:{q=32 preemptionPolicy:s=31 priority:i=25
 priorityClassName:s=24 readinessGates:[PodReadinessGate=28
 resourceClaims:[PodResourceClaim|name=39 resources:ResourceRequirements=40 restartPolicy:s=3
 runtimeClassName:s=29 schedulerName:s=19 schedulingGates:[PodSchedulingGate|name=38
 schedulingGroup:PodSchedulingGroup=43 securityContext:PodSecurityContext=14 serviceAccount:s=9
 serviceAccountName:s=8 setHostnameAsFQDN:b=35 shareProcessNamespace:b=27 subdomain:s=17
 terminationGracePeriodSeconds:l=4 tolerations:[Toleration=22
 topologySpreadConstraints:[TopologySpreadConstraint|topologyKey=33 volumes:[Volume|name=1
PodStatus allocatedResources:{q=19 conditions:[PodCondition|type=2
 containerStatuses:[ContainerStatus=8 ephemeralContainerStatuses:[ContainerStatus=13
 extendedResourceClaimStatus:PodExtendedResourceClaimStatus=18 hostIP:s=5 hostIPs:[HostIP|ip=16
 initContainerStatuses:[ContainerStatus=10 message:s=3
 nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus=21
 nominatedNodeName:s=11 observedGeneration:l=17 phase:s=1 podIP:s=6 podIPs:[PodIP|ip=12
 qosClass:s=9 reason:s=4 resize:s=14 resourceClaimStatuses:[PodResourceClaimStatus|name=15
 resources:ResourceRequirements=20 startTime:t=7
PodTemplateSpec metadata:ObjectMeta=1 spec:PodSpec=2
PodsMetricSource metric:MetricIdentifier=1 target:MetricTarget=2
PodsMetricStatus current:MetricValueStatus=2 metric:MetricIdentifier=1
PortworxVolumeSource fsType:s=2 readOnly:b=3 volumeID:s=1
PreferredSchedulingTerm preference:NodeSelectorTerm=2 weight:i=1
Probe exec:ExecAction failureThreshold:i=6 grpc:GRPCAction httpGet:HTTPGetAction
 initialDelaySeconds:i=2 periodSeconds:i=4 successThreshold:i=5 tcpSocket:TCPSocketAction
 terminationGracePeriodSeconds:l=7 timeoutSeconds:i=3 ^:ProbeHandler=1
ProbeHandler exec:ExecAction=1 grpc:GRPCAction=4 httpGet:HTTPGetAction=2
 tcpSocket:TCPSocketAction=3
ProjectedVolumeSource defaultMode:i=2 sources:[VolumeProjection=1
QuobyteVolumeSource group:s=5 readOnly:b=3 registry:s=1 tenant:s=6 user:s=4 volume:s=2
RBDVolumeSource fsType:s=3 image:s=2 keyring:s=6 monitors:[s=1 pool:s=4 readOnly:b=8
 secretRef:LocalObjectReference=7 user:s=5
ReplicaSet apiVersion:s kind:s metadata:ObjectMeta=1 spec:ReplicaSetSpec=2
 status:ReplicaSetStatus=3
ReplicaSetCondition lastTransitionTime:t=3 message:s=5 reason:s=4 status:s=2 type:s=1
ReplicaSetSpec minReadySeconds:i=4 replicas:i=1 selector:LabelSelector=2
 template:PodTemplateSpec=3
ReplicaSetStatus availableReplicas:i=5 conditions:[ReplicaSetCondition|type=6
 fullyLabeledReplicas:i=2 observedGeneration:l=3 readyReplicas:i=4 replicas:i=1
 terminatingReplicas:i=7
ResourceClaim name:s=1 request:s=2
ResourceFieldSelector containerName:s=1 divisor:q=3 resource:s=2
ResourceHealth health:s=2 message:s=6 resourceID:s=1
ResourceMetricSource name:s=1 target:MetricTarget=2
ResourceMetricStatus current:MetricValueStatus=2 name:s=1
ResourceQuota apiVersion:s kind:s metadata:ObjectMeta=1 spec:ResourceQuotaSpec=2
 status:ResourceQuotaStatus=3
ResourceQuotaSpec hard:{q=1 scopeSelector:ScopeSelector=3 scopes:[s=2
ResourceQuotaStatus hard:{q=1 used:{q=2
ResourceRequirements claims:[ResourceClaim=3 limits:{q=1 requests:{q=2
ResourceStatus name:s=1 resources:[ResourceHealth=2
RollingUpdateDeployment maxSurge:o=2 maxUnavailable:o=1
RollingUpdateStatefulSetStrategy maxUnavailable:o=2 partition:i=1
SELinuxOptions level:s=4 role:s=2 type:s=3 user:s=1
Scale apiVersion:s kind:s metadata:ObjectMeta=1 spec:ScaleSpec=2 status:ScaleStatus=3
ScaleIOVolumeSource fsType:s=9 gateway:s=1 protectionDomain:s=5 readOnly:b=10
 secretRef:LocalObjectReference=3 sslEnabled:b=4 storageMode:s=7 storagePool:s=6 system:s=2
 volumeName:s=8
ScaleSpec replicas:i=1
ScaleStatus replicas:i=1 selector:s=2
ScopeSelector matchExpressions:[ScopedResourceSelectorRequirement=1
ScopedResourceSelectorRequirement operator:s=2 scopeName:s=1 values:[s=3
SeccompProfile localhostProfile:s=2 type:s=1
Secret apiVersion:s data:{B=2 immutable:b=5 kind:s metadata:ObjectMeta=1 stringData:{s=4 type:s=3
SecretEnvSource name:s optional:b=2 ^:LocalObjectReference=1
SecretKeySelector key:s=2 name:s optional:b=3 ^:LocalObjectReference=1
SecretProjection items:[KeyToPath=2 name:s optional:b=4 ^:LocalObjectReference=1
SecretVolumeSource defaultMode:i=3 items:[KeyToPath=2 optional:b=4 secretName:s=1
SecurityContext allowPrivilegeEscalation:b=7 appArmorProfile:AppArmorProfile=12
 capabilities:Capabilities=1 privileged:b=2 procMount:s=9 readOnlyRootFilesystem:b=6
 runAsGroup:l=8 runAsNonRoot:b=5 runAsUser:l=4 seLinuxOptions:SELinuxOptions=3
 seccompProfile:SeccompProfile=11 windowsOptions:WindowsSecurityContextOptions=10
SelectableField jsonPath:s
ServiceAccount apiVersion:s automountServiceAccountToken:b=4
 imagePullSecrets:[LocalObjectReference=3 kind:s metadata:ObjectMeta=1
 secrets:[ObjectReference|name=2
ServiceAccountTokenProjection audience:s=1 expirationSeconds:l=2 path:s=3
ServiceReference name:s namespace:s path:s port:i
SleepAction seconds:l=1
StatefulSet apiVersion:s kind:s metadata:ObjectMeta=1 spec:StatefulSetSpec=2
 status:StatefulSetStatus=3
StatefulSetCondition lastTransitionTime:t=3 message:s=5 reason:s=4 status:s=2 type:s=1
StatefulSetOrdinals start:i=1
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:s=1 whenScaled:s=2
StatefulSetSpec minReadySeconds:i=9 ordinals:StatefulSetOrdinals=11
 persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy=10
 podManagementPolicy:s=6 replicas:i=1 revisionHistoryLimit:i=8 selector:LabelSelector=2
 serviceName:s=5 template:PodTemplateSpec=3 updateStrategy:StatefulSetUpdateStrategy=7
 volumeClaimTemplates:[PersistentVolumeClaim=4
StatefulSetStatus availableReplicas:i=11 collisionCount:i=9
 conditions:[StatefulSetCondition|type=10 currentReplicas:i=4 currentRevision:s=6
 observedGeneration:l=1 readyReplicas:i=3 replicas:i=2 updateRevision:s=7 updatedReplicas:i=5
StatefulSetUpdateStrategy rollingUpdate:RollingUpdateStatefulSetStrategy=2 type:s=1
StorageOSVolumeSource fsType:s=3 readOnly:b=4 secretRef:LocalObjectReference=5 volumeName:s=1
 volumeNamespace:s=2
Sysctl name:s=1 value:s=2
TCPSocketAction host:s=2 port:o=1
Taint effect:s=3 key:s=1 timeAdded:t=4 value:s=2
Toleration effect:s=4 key:s=1 operator:s=2 tolerationSeconds:l=5 value:s=3
TopologySpreadConstraint labelSelector:LabelSelector=4 matchLabelKeys:[s=8 maxSkew:i=1
 minDomains:i=5 nodeAffinityPolicy:s=6 nodeTaintsPolicy:s=7 topologyKey:s=2 whenUnsatisfiable:s=3
TypedLocalObjectReference apiGroup:s=1 kind:s=2 name:s=3
TypedObjectReference apiGroup:s=1 kind:s=2 name:s=3 namespace:s=4
ValidationRule fieldPath:s message:s messageExpression:s optionalOldSelf:b reason:s rule:s
Volume awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
 azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
 configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
 emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource
 flexVolume:FlexVolumeSource flocker:FlockerVolumeSource
 gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource
 glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource image:ImageVolumeSource
 iscsi:ISCSIVolumeSource name:s=1 nfs:NFSVolumeSource
 persistentVolumeClaim:PersistentVolumeClaimVolumeSource
 photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
 projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource
 scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource
 vsphereVolume:VsphereVirtualDiskVolumeSource ^:VolumeSource=2
VolumeDevice devicePath:s=2 name:s=1
VolumeMount mountPath:s=3 mountPropagation:s=5 name:s=1 readOnly:b=2 recursiveReadOnly:s=7
 subPath:s=4 subPathExpr:s=6
VolumeMountStatus mountPath:s=2 name:s=1 readOnly:b=3 recursiveReadOnly:s=4
 volumeStatus:VolumeStatus=5
VolumeProjection clusterTrustBundle:ClusterTrustBundleProjection=5 configMap:ConfigMapProjection=3
 downwardAPI:DownwardAPIProjection=2 podCertificate:PodCertificateProjection=6
 secret:SecretProjection=1 serviceAccountToken:ServiceAccountTokenProjection=4
VolumeResourceRequirements limits:{q=1 requests:{q=2
VolumeSource awsElasticBlockStore:AWSElasticBlockStoreVolumeSource=4
 azureDisk:AzureDiskVolumeSource=22 azureFile:AzureFileVolumeSource=18
 cephfs:CephFSVolumeSource=14 cinder:CinderVolumeSource=13 configMap:ConfigMapVolumeSource=19
 csi:CSIVolumeSource=28 downwardAPI:DownwardAPIVolumeSource=16 emptyDir:EmptyDirVolumeSource=2
 ephemeral:EphemeralVolumeSource=29 fc:FCVolumeSource=17 flexVolume:FlexVolumeSource=12
 flocker:FlockerVolumeSource=15 gcePersistentDisk:GCEPersistentDiskVolumeSource=3
 gitRepo:GitRepoVolumeSource=5 glusterfs:GlusterfsVolumeSource=9 hostPath:HostPathVolumeSource=1
 image:ImageVolumeSource=30 iscsi:ISCSIVolumeSource=8 nfs:NFSVolumeSource=7
 persistentVolumeClaim:PersistentVolumeClaimVolumeSource=10
 photonPersistentDisk:PhotonPersistentDiskVolumeSource=23 portworxVolume:PortworxVolumeSource=24
 projected:ProjectedVolumeSource=26 quobyte:QuobyteVolumeSource=21 rbd:RBDVolumeSource=11
 scaleIO:ScaleIOVolumeSource=25 secret:SecretVolumeSource=6 storageos:StorageOSVolumeSource=27
 vsphereVolume:VsphereVirtualDiskVolumeSource=20
VolumeStatus image:ImageVolumeStatus=1
VsphereVirtualDiskVolumeSource fsType:s=2 storagePolicyID:s=4 storagePolicyName:s=3 volumePath:s=1
WebhookClientConfig caBundle:B service:ServiceReference url:s
WebhookConversion clientConfig:WebhookClientConfig conversionReviewVersions:[s
WeightedPodAffinityTerm podAffinityTerm:PodAffinityTerm=2 weight:i=1
WindowsSecurityContextOptions gmsaCredentialSpec:s=2 gmsaCredentialSpecName:s=1 hostProcess:b=4
 runAsUserName:s=3
)";
}

}  // namespace hpaplus::embedded
