const words = (text: string) => text.trim().split(/\s+/)
const each = (stems: string[], ends: string[]) => stems.flatMap((stem) => ends.map((end) => stem + end))

const backups = words('~ .bak .old .orig .save .swp .tmp .1 .copy .tar.gz .zip')
const ours = words(`
  package.json package-lock.json tsconfig.json README.md CHANGELOG.md LICENSE config/default.yaml config/local.yaml data/parley.db
  data/parley.db-wal data/master.key data/setup-link data/parley.sock data/parley.pid certs/privkey.pem certs/fullchain.pem certs/ca.pem
  src/main.ts src/app.ts src/web/index.html src/web/vite.config.ts test/run.ts node_modules/ws/package.json docs/security.md`)
const sources = words('index.html index.js main.js app.js login.js login login.css entry.css index.css sw.js worker.js manifest.json')
const hidden = words(`
  .git .git/HEAD .git/config .git/index .git/logs/HEAD .git/refs/heads/main .git/packed-refs .gitignore .gitattributes .gitmodules
  .svn/entries .svn/wc.db .hg/hgrc .bzr/README CVS/Entries .env .env.local .env.production .env.development .env.example .envrc .npmrc .yarnrc
  .npm .DS_Store Thumbs.db .htaccess .htpasswd .bash_history .bashrc .profile .ssh/id_rsa .ssh/id_ed25519 .ssh/authorized_keys .ssh/config
  .aws/credentials .aws/config .docker/config.json .dockerignore Dockerfile docker-compose.yml compose.yaml .kube/config .vscode/settings.json
  .vscode/sftp.json .idea/workspace.xml .github/workflows/ci.yml .gitlab-ci.yml .travis.yml .ci .circleci/config.yml Jenkinsfile Makefile
  .well-known/openid-configuration .well-known/acme-challenge/ .well-known/apple-app-site-association .well-known/core .netrc .pgpass .my.cnf
  .config .cache .local .ftpconfig .remote-sync.json .s3cfg .terraform terraform.tfstate terraform.tfvars .vault-token .python_history`)
const panels = words(`
  admin admin/ admin/login administrator admin.php adminer.php adminer phpmyadmin/ pma/ myadmin/ dbadmin manager/html console console/ dashboard
  status server-status server-info health healthz metrics ready actuator actuator/env actuator/health actuator/heapdump debug debug/pprof/
  debug/vars trace info phpinfo.php info.php test test.php test.html tests swagger swagger.json swagger-ui.html swagger-ui/ openapi.json
  openapi.yaml api api/ api/v1 api/v1/ api/v2 api/docs api-docs graphql graphiql playground v1 v2 rest soap wsdl jolokia solr/ jenkins/ kibana
  grafana prometheus wp-admin/ wp-login.php wp-config.php wp-content/ xmlrpc.php user/login cgi-bin/ cgi-bin/test.cgi elmah.axd trace.axd
  web.config WEB-INF/web.xml META-INF/MANIFEST.MF crossdomain.xml clientaccesspolicy.xml sitemap.xml robots.txt humans.txt security.txt
  setup.php install install.php install/ upgrade update config config/ config.json config.yml config.yaml config.php configuration.php settings
  settings.json settings.py database.yml secrets.yml secrets.json credentials credentials.json credentials.txt passwords.txt users.json users.csv
  keys private key.pem private.key privkey.pem server.key server.crt cert.pem id_rsa backup backup/ backups/ dump dump.sql database.sql db.sql
  db.sqlite data.db parley.db parley.sqlite master.key data data/ certs certs/ logs log log/ logs/ error.log access.log debug.log npm-debug.log
  yarn-error.log parley.log nohup.out core core.dump heapdump.heapsnapshot tmp temp uploads/ files/ static/ assets/ public/ dist/ build/ src/
  lib/ vendor/ node_modules/ bower_components/ composer.json composer.lock Gemfile yarn.lock pnpm-lock.yaml requirements.txt webpack.config.js
  vite.config.ts rollup.config.js @fs/etc/passwd @vite/client @id/x __vite_ping src/main.tsx proxy socket.io/ ws/ sockjs/info live`)
const elsewhere = words(`
  ../etc/passwd ..%2f..%2f..%2fetc%2fpasswd %2e%2e/%2e%2e/etc/passwd ....//....//etc/passwd ..%5c..%5cwindows%5cwin.ini assets/../../package.json
  assets/%2e%2e/%2e%2e/package.json assets/..%2f..%2fpackage.json assets/..%252f..%252fpackage.json assets/%00 assets/.%00./package.json
  %c0%ae%c0%ae/etc/passwd assets//etc/passwd assets/./.git/config etc/passwd etc/shadow proc/self/environ proc/self/cmdline file:///etc/passwd`)

/** What is there for everyone; a scanner that does not see these sees nothing. */
const open = words('login livez readyz api/v1/session .well-known/jwks.json')

/** Where servers are known to leave what nobody should find: histories, keys, copies by editors, source maps, panels, other folders. */
export const sensitivePaths = [
  ...new Set([
    ...[...open, ...ours, ...hidden, ...panels, ...elsewhere],
    ...each(sources, [...backups, '.map', '.gz', '.br']),
    ...each(
      words('backup parley data site www html config db database dump'),
      words('.zip .tar .tar.gz .tgz .7z .rar .sql .sql.gz .bak .db .sqlite'),
    ),
  ]),
]
