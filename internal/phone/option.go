package phone

// settings holds the values of options that are known but not used yet, by name.
type settings map[string]string
