/** Names that look alike are one name: what is compared, looked up and unique of a name, for accounts and rooms. */
export const fold = (name: string): string => name.normalize('NFKC').toLowerCase()

/** Controls, and the marks that turn text around or take no space: with them one name can be made to look like another. */
export const invisible =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/u
