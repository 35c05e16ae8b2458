import type { Member } from './people.ts'

const most = 8

/** The `@pre` that the caret stands behind. */
export function askedBefore(text: string, caret: number): { from: number; prefix: string } | undefined {
  const found = /(?:^|[\s([{"'])@([\p{L}\p{N}_.-]{0,40})$/u.exec(text.slice(0, caret))
  return found?.[1] === undefined ? undefined : { from: caret - found[1].length - 1, prefix: found[1] }
}

/** Members by the start of their name first, then by any part of what they are called. */
export function suggest(members: readonly Member[], prefix: string): Member[] {
  const asked = prefix.toLocaleLowerCase()
  const starts: Member[] = []
  const holds: Member[] = []
  for (const member of members) {
    const name = member.account.name.toLocaleLowerCase()
    const display = member.account.display.toLocaleLowerCase()
    if (name.startsWith(asked) || display.startsWith(asked)) starts.push(member)
    else if (display.includes(asked)) holds.push(member)
    if (starts.length >= most) break
  }
  return [...starts, ...holds].slice(0, most)
}
