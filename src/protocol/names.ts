/** Names that look alike are one name: what is compared, looked up and unique of a name, for accounts and rooms. */
export const fold = (name: string): string => name.normalize('NFKC').toLowerCase()
