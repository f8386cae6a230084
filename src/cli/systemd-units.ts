// The units of systemd for the daemon: a socket that systemd holds, so that clients wait while the daemon starts, and the service behind
// it. Texts only; commands/system-install-units.ts writes them.

export interface UnitOptions {
  /** The words that start tsker: absolute. */
  readonly command: readonly string[];
  /** Of the socket: who may use it is root. */
  readonly group: string;
}

/** Name of the file → its text. */
export function systemdUnits({ command, group }: UnitOptions): ReadonlyMap<string, string> {
  const service = `[Unit]
Description=tsker container engine
After=network-online.target
Wants=network-online.target
Requires=tsker.socket
StartLimitBurst=3
StartLimitIntervalSec=60

[Service]
Type=notify
ExecStart=${command.map(quote).join(' ')} daemon -H fd://
ExecReload=/bin/kill -s HUP $MAINPID
# Containers are children of the daemon, and it ends them in their own time.
KillMode=mixed
TimeoutStopSec=infinity
TimeoutStartSec=0
Restart=always
RestartSec=2
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes

[Install]
WantedBy=multi-user.target
`;
  const socket = `[Unit]
Description=tsker API socket

[Socket]
ListenStream=/run/tsker.sock
SocketMode=0660
SocketUser=root
SocketGroup=${group}

[Install]
WantedBy=sockets.target
`;
  return new Map([
    ['tsker.service', service],
    ['tsker.socket', socket],
  ]);
}

/** systemd.syntax(7) and systemd.service(5): `%` and `$` mean something there. */
function quote(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./%$@+-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`;
}
