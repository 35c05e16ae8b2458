/**
 * What people choose when long passwords are asked for, from the public lists of leaked passwords. Shorter ones are refused by their
 * length already. All in lower case.
 */
const common = new Set(
  `1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qwertyuiop[] qazwsxedcrfv zaq12wsxcde3 asdfghjkl123 zxcvbnm12345 1234567890qw 123456789qwe
  123456789abc 0123456789ab 1234567890-= passw0rd1234 p@ssw0rd1234 p@ssword1234 mypassword123 thisismypassword passwordpass administrator
  administrator1 administrator123 a1b2c3d4e5f6 abcd1234abcd abc123abc123 111222333444 112233445566 123123123123 123321123321 147258369147
  onetwothreefour footballfootball manchesterunited liverpoolfc1 chelseafc1234 christopher1 jesuschrist1 godisgreat12 trustno1trustno1
  iloveyouforever iloveyousomuch changemeplease superman1234 batman123456
  starwars1234 pokemon12345 dragon123456 monkey123456 princess1234 sunshine1234 football1234 baseball1234 charlie12345 michael12345
  computer1234 internet1234 samsung12345 whatever1234 motdepasse12 wachtwoord12 contraseña12 letmeinletmein qwerty123456qwerty`.split(
    /\s+/,
  ),
)

/** Refused alone, said again, and with nothing behind them but digits and marks. */
const words =
  'password passwort qwerty qwertz azerty qwertyuiop letmein welcome iloveyou admin secret changeme parley asdf abc test hello hallo'.split(
    ' ',
  )

const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890123456789', 'qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm']
const runs = [...rows, ...rows.map((row) => [...row].reverse().join(''))]

/** @param folded in lower case. Also true for three letters or fewer over and over, and for a plain run along the alphabet or the keys. */
export function isCommon(folded: string): boolean {
  if (common.has(folded)) return true
  if (new Set(folded).size <= 3) return true
  if (runs.some((run) => run.includes(folded))) return true
  return words.some((word) => /^[\d!.?]*$/.test(folded.replaceAll(word, '')))
}
