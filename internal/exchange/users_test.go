package exchange

import (
	"strings"
	"testing"
)

// What Asterisk 22 makes of users.conf: accounts of AMI, and mailboxes.
func TestUsers(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.write("users.conf", `[general]
fullname = New User
hasvoicemail = yes
vmsecret = 1234
hasmanager = yes
secret = general-secret
[a]
fullname = Ann
secret = ann;secret
vmsecret = 77
read = call
write = call
managerread = agent
tz = eastern
[b]
displayconnects = no
[c]
hasvoicemail = no
hasmanager = no
[clerk]
secret = other
[100]
fullname = Twice
vmsecret = 88
`)
	k.write("voicemail.conf", "[general]\nformat = wav\n[default]\n100 => 4242,Alice\n[zonemessages]\neastern = America/New_York|'vm-received' Q\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	for line, want := range map[string][]string{
		"manager show users":      {"\na\nb\nclerk\n100\n", "5 manager users configured."},
		"manager show user a":     {"secret: <Set>", "read perm: call\n", "write perm: call\n", "displayconnects: yes"},
		"manager show user b":     {"secret: <Set>", "read perm: system,call,", ",all\n", "displayconnects: no"},
		"manager show user clerk": {"write perm: call,command,reporting,originate\n"}, // of manager.conf
		"voicemail show users":    {"default    a     Ann                       eastern  ", "default    100   Twice  ", "4 voicemail users configured."},
	} {
		said := k.execute(line)
		for _, text := range want {
			if !strings.Contains(said, text) {
				t.Errorf("%s: no %q in\n%s", line, text, said)
			}
		}
	}
	for box, want := range map[string]string{"a": "77", "b": "", "100": "88"} {
		if got, err := k.engine.Read(t.Context(), nil, "VM_INFO("+box+"@default,password)"); got != want || err != nil {
			t.Errorf("the password of mailbox %s is %q, %v; want %q", box, got, err, want)
		}
	}
}

// The context of their mailboxes, as recorded from Asterisk 22.
func TestContextOfUsersMailboxes(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.write("users.conf", "[general]\nhasvoicemail = yes\n[300]\nfullname = Joe\n")
	k.write("voicemail.conf", "[general]\nuserscontext = office\n[office]\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if said := k.execute("voicemail show users"); !strings.Contains(said, "\noffice     300   Joe ") {
		t.Errorf("the console says\n%s", said)
	}
}
