// Package configs holds the configuration with which an exchange starts that was
// given none. It is embedded in the program and written into the state folder at
// the first start, for its owner to change.
package configs
