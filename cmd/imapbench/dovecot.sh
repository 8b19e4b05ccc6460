#!/usr/bin/env bash
# Starts Debian's Dovecot on loopback over a scratch folder, to be measured side by side:
#   dovecot.sh start DIR [IMAP_PORT] [LMTP_PORT]     any user name, password "pass"
#   dovecot.sh stop DIR
# Needs the package dovecot-imapd (and dovecot-lmtpd), and root.
set -eu
cmd=$1 dir=$2 imap=${3:-11143} lmtp=${4:-11024}
case $cmd in
stop) kill "$(cat "$dir/run/master.pid")"; exit ;;
start) ;;
*) sed -n 2,6p "$0" >&2; exit 2 ;;
esac
mkdir -p "$dir"/{run,state,mail}
id vmail >/dev/null 2>&1 || useradd --system --no-create-home vmail
chown -R vmail "$dir/mail"
p=$dir; while [ "$p" != / ]; do chmod a+x "$p"; p=$(dirname "$p"); done
cat > "$dir/dovecot.conf" <<C
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = sdbox:$dir/mail/%u
mail_uid = vmail
mail_gid = vmail
first_valid_uid = 100
mail_max_userip_connections = 100000
mailbox_list_index = yes
default_client_limit = 20000
default_process_limit = 5000
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=$dir/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
  mailbox Trash {
    special_use = \\Trash
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
  process_min_avail = 2
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
C
dovecot -c "$dir/dovecot.conf"
for _ in $(seq 50); do [ -s "$dir/run/master.pid" ] && break; sleep 0.1; done
echo "dovecot $(dovecot --version): IMAP 127.0.0.1:$imap, LMTP 127.0.0.1:$lmtp, master pid $(cat "$dir/run/master.pid")"
