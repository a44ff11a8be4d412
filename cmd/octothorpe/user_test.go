package main

import "testing"

func TestUnknownUsers(t *testing.T) {
	for _, c := range []struct{ user, group, want string }{
		{"nosuch-user", "", "No such user 'nosuch-user'!"},
		{"", "nosuch-group", "No such group 'nosuch-group'!"},
	} {
		if err := known(c.user, c.group); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := known("root", ""); err != nil {
		t.Error(err)
	}
}
