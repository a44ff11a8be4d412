// Package voicemail keeps messages for people who are not there, as Asterisk 22's
// app_voicemail does on files: voicemail.conf, the applications VoiceMail, VoiceMailMain,
// VMAuthenticate, VMSayName, VoiceMailPlayMsg and Directory, the functions VM_INFO and
// VMCOUNT, the manager actions, the console commands, and the counts that light lamps.
//
// Messages lie where Asterisk's lie, below astspooldir/voicemail/context/mailbox: a folder
// each for INBOX, Old and so on, in it msg0000.txt and the sound in each format. A message
// is there when its .txt is: sounds are recorded in the mailbox's tmp, moved into the
// folder, and the .txt comes last, by a rename. Who is killed on the way leaves sounds that
// nobody counts and the next message replaces; never half a message.
//
// A mailbox's folders are changed under its lock. No lock is held while a leg is played
// to or listened to; menus know messages by id, and look again where they are.
//
// Mini is MiniVM (app_minivm): greeting, recording, mailing and deleting as applications of
// their own, for addresses of minivm.conf or of nobody.
//
// All exported methods may be called concurrently.
//
// # Left out
//
// Messages kept in IMAP or a database: each is refused with an error. ADSI, SMDI, and
// the gain of recordings, which only ISDN cards had. Mail goes through mailcmd alone.
package voicemail
