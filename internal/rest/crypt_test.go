package rest

import "testing"

// What the C library makes of passwords is what is made here.
func TestHashesAreThoseOfUnix(t *testing.T) {
	const long = "a very much longer text to encrypt.  This one even stretches over morethan one line."
	for _, c := range []struct{ hash, password string }{
		{"$1$saltstri$R7LndOsd5MzNsRJUPQrC/.", "q"},
		{"$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1", "Hello world!"},
		{"$1$saltstri$PQDSyPqgfSgkBgKc4zaNh/", long},
		{"$5$saltstring$N7uQBASSFH9/8ONWi5y1oIPOEjzAxvjMLHDRfK.vnx8", "q"},
		{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"},
		{"$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1", long},
		{"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "Hello world!"},
		{"$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1", long},
		{"$6$abc$3KTO8kvXZNjTCX9a6APs2Kmy1yC88SRoGF1uyFAmynw2r3kT.EiqOsVIuWTTRWhGd2wt3SBdsKMHtPlir8rY.0", "q"},
	} {
		if got, err := crypt(c.hash, c.password); got != c.hash || err != nil {
			t.Errorf("%q is %s, %v\nwant %s", c.password, got, err, c.hash)
		}
		if checkHash(c.hash, c.password+"x") {
			t.Errorf("%s takes another password, too", c.hash)
		}
	}
	for _, wrong := range []string{"", "plain", "$9$x$y", "$6$", "$6$rounds=x$salt$"} {
		if _, err := crypt(wrong, "q"); err == nil && wrong != "$6$" {
			t.Errorf("%q is no hash, and was taken for one", wrong)
		}
	}
}
