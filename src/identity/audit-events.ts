/** Everything that is recorded. Names are those of the OWASP logging vocabulary where it has one. */
export type AuditEvent =
  // Signing in and out. What expired ended by its age; what was terminated, by somebody, and `why` says for what.
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'excess_rate_limit_exceeded'
  | 'authn_password_change'
  | 'authn_token_created'
  | 'session_created'
  | 'session_expired'
  | 'session_terminated'
  // Accounts, and the links that make them.
  | 'user_created'
  | 'user_disabled'
  | 'user_enabled'
  | 'privilege_permissions_changed'
  | 'invite_created'
  | 'invite_used'
  | 'setup_link_created'
  | 'setup_link_used'
  // What the operator does in rooms. What their members do stands in the rooms themselves.
  | `room_${'create' | 'join' | 'leave' | 'add' | 'expel' | 'role' | 'rename' | 'topic' | 'archive'}`
  // The server itself.
  | 'key_rotated'
  | 'key_retired'
  | 'key_dropped'
  | 'sys_config_reloaded'
  | 'sys_drain'
  | 'sys_backup'
  | 'sys_restore'
  | 'tls_pair_swapped'
  | 'tls_pair_refused'
