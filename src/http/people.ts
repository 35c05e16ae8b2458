import * as v from 'valibot'

/** What a new person fills in; the rules for names and passwords are those of identity. */
export const newPerson = v.object({
  name: v.pipe(v.string(), v.maxLength(256)),
  display: v.optional(v.pipe(v.string(), v.maxLength(1024))),
  password: v.pipe(v.string(), v.maxLength(4096)),
})
