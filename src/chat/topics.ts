/** Fixed from the first day, so that rooms can be spread over many buses and stores without moving one. */
const partitions = 128

/** Addresses on the bus: read marks, presence and what nodes ask each other go to all nodes; rooms by partition; answers to one node. */
export const controlTopic = 'control'
export const nodeTopic = (node: string): string => `node/${node}`
export const roomTopics: readonly string[] = Array.from({ length: partitions }, (_, i) => `rooms/${i}`)
export const roomTopic = (room: string): string => roomTopics[partitionOf(room)] as string

/** FNV-1a, 32 bit. */
export function partitionOf(room: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < room.length; i++) hash = Math.imul(hash ^ room.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % partitions
}
