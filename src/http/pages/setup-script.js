// The code of a set-up link stands behind #, which browsers never send. It is put into the form, whose field for it then has nothing to ask,
// and taken out of the address bar.
const code = document.getElementById('code')
const given = decodeURIComponent(location.hash.slice(1))
if (code instanceof HTMLInputElement && given !== '') {
  code.value = given
  const field = code.closest('.field')
  if (field instanceof HTMLElement) field.hidden = true
  history.replaceState(null, '', location.pathname)
  document.getElementById('name')?.focus()
}
