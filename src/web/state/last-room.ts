const nameOf = (account: string): string => `parley.room.${account}`

/** The room that was open last in this browser. */
export const lastRoom = (account: string): string | undefined => localStorage.getItem(nameOf(account)) ?? undefined

export const keepLastRoom = (account: string, room: string): void => localStorage.setItem(nameOf(account), room)
