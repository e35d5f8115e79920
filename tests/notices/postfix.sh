#!/usr/bin/env bash
# Postfix in a folder of its own, for tests: postfix.sh start FOLDER PORT, postfix.sh stop FOLDER.
# It listens on 127.0.0.1:PORT, offers STARTTLS with FOLDER/server.crt and server.key, takes mail from those alone who log
# in over TLS as oncal / s3cret-password and for example.org alone, and puts all of it into the maildir FOLDER/mail.
set -euo pipefail
folder=$2
export PATH=$PATH:/usr/sbin
if [ "$1" = stop ]; then
  postfix -c "$folder/etc" stop >/dev/null 2>&1 || true
  exit 0
fi
port=$3
chmod 755 "$folder"
mkdir -p "$folder/etc/sasl" "$folder/queue" "$folder/data"
install -d -o nobody "$folder/mail"
chown postfix "$folder/data"
chmod 600 "$folder/server.key"
printf s3cret-password | saslpasswd2 -p -c -f "$folder/etc/sasldb2" -u example.org oncal
chown postfix "$folder/etc/sasldb2"
cat >"$folder/etc/sasl/smtpd.conf" <<END
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $folder/etc/sasldb2
mech_list: PLAIN LOGIN
END
cat >"$folder/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
maillog_file = $folder/postfix.log
maillog_file_prefixes = $folder
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = example.org
virtual_mailbox_base = $folder
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
smtpd_tls_cert_file = $folder/server.crt
smtpd_tls_key_file = $folder/server.key
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $folder/etc/sasl
smtpd_sasl_local_domain = example.org
smtpd_sasl_authenticated_header = yes
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
alias_maps =
END
cat >"$folder/etc/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
END
postfix -c "$folder/etc" start >"$folder/start.log" 2>&1 || { cat "$folder/start.log" >&2; exit 1; }
