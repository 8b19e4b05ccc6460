#!/usr/bin/perl
# Calls the methods of Mail::IMAPClient against a running server.
# Arguments: the IMAPS port, the IMAP port (STARTTLS), the file of the authority
# that signed the server's certificate, the names of two users and their password.
# The first user has a quota of 1 MiB.
use strict;
use warnings;
use Mail::IMAPClient;

my ($port, $plain, $ca, $user, $peer, $password) = @ARGV;
my $checks = 0;
my $imap;

sub is {
    my ($got, $want, $what) = @_;
    $checks++;
    die "$what: got " . ($got // 'undef') . ", want $want\n" unless defined $got && $got eq $want;
}

sub ok {
    my ($value, $what) = @_;
    $checks++;
    die "$what: " . ($imap ? $imap->LastError // '' : $@) . "\n" unless $value;
    return $value;
}

sub connection {
    my ($name, %options) = @_;
    return Mail::IMAPClient->new(
        Server => 'localhost', Port => $port, Ssl => [SSL_ca_file => $ca], User => $name, Password => $password,
        Uid => 1, Timeout => 300, %options,
    );
}

sub message {
    my ($name, $answers) = @_;
    return join "\r\n", 'From: Bob <bob@example.com>', 'To: Alice <alice@example.org>', "Subject: $name",
        "Message-ID: <$name\@example.com>", ($answers ? "In-Reply-To: <$answers\@example.com>" : ()),
        'Date: Mon, 7 Feb 2022 21:52:25 +0100', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8',
        '', "Text of $name.", '';
}

sub mailboxes {
    ok($imap->create('Lists/Perl'), 'create');
    ok(!$imap->create('Lists/Perl'), 'create again');
    ok($imap->exists('Lists/Perl'), 'exists');
    ok($imap->subscribe('Lists/Perl'), 'subscribe');
    is(join(' ', $imap->subscribed('Lists/')), 'Lists/Perl', 'subscribed');
    ok($imap->unsubscribe('Lists/Perl'), 'unsubscribe');
    is(scalar(grep { $_ eq 'Lists/Perl' } $imap->folders), 1, 'folders');
    my ($sent) = grep { $_->{name} eq 'Sent' } $imap->folders_hash;
    is(scalar(grep { $_ eq '\\Sent' } @{ $sent->{attrs} }), 1, 'folders_hash');
    is($imap->xlist_folders->{Sent}, 'Sent', 'xlist_folders');
    is($imap->separator, '/', 'separator');
    is(join(',', map { $_->[0][0] } @{ $imap->namespace }), ',Other Users/,Shared/', 'namespace');
    ok($imap->is_parent('Lists'), 'is_parent');
    ok($imap->selectable('Lists/Perl'), 'selectable');
    ok($imap->rename('Lists/Perl', 'Lists/Raku'), 'rename');
}

sub messages {
    is(ok($imap->append_string('INBOX', message('one'), '\\Seen $Work', ' 7-Feb-2022 21:52:25 +0100'), 'append_string'), 1, 'UID');
    is(ok($imap->append_file('INBOX', \message('two', 'one')), 'append_file'), 2, 'UID');
    is(ok($imap->append('INBOX', message('three', 'two')), 'append'), 3, 'UID');
    is(ok($imap->append('INBOX', message('alone')), 'append'), 4, 'UID');
    is($imap->message_count('INBOX'), 4, 'message_count');
    is($imap->unseen_count('INBOX'), 3, 'unseen_count');
    is($imap->uidnext('INBOX'), 5, 'uidnext');
    ok($imap->uidvalidity('INBOX'), 'uidvalidity');
    ok($imap->examine('INBOX') && $imap->close, 'examine and close');
    ok($imap->select('INBOX'), 'select');
    is(join(' ', $imap->messages), '1 2 3 4', 'messages');
    is(join(' ', $imap->seen), '1', 'seen');
    is(join(' ', $imap->unseen), '2 3 4', 'unseen');
    is(join(' ', $imap->search(SUBJECT => 't')), '2 3', 'search');
    is(join(' ', $imap->search(HEADER => 'Message-ID', \'"<one@"')), '1', 'search of a header');
    is(scalar($imap->search('NOT', 'ALL')->@*), 0, 'search for nothing');
    is(join(' ', $imap->sentbefore('08-Feb-2022')), '1 2 3 4', 'sentbefore');
    is(join(' ', $imap->on('07-Feb-2022')), '1', 'on');
    is($imap->message_string(2), message('two', 'one'), 'message_string');
    is($imap->body_string(2), "Text of two.\r\n", 'body_string');
    is($imap->bodypart_string(2, 1, 4, 0), 'Text', 'bodypart_string');
    is($imap->size(3), length message('three', 'two'), 'size');
    is($imap->subject(4), 'alone', 'subject');
    is($imap->get_header(4, 'Message-ID'), '<alone@example.com>', 'get_header');
    is($imap->parse_headers([1, 3], 'Subject')->{3}{Subject}[0], 'three', 'parse_headers');
    is($imap->internaldate(1), ' 7-Feb-2022 21:52:25 +0100', 'internaldate');
    is($imap->get_bodystructure(1)->bodytype, 'TEXT', 'get_bodystructure');
    is($imap->get_envelope(1)->subject, 'one', 'get_envelope');
    is($imap->fetch_hash('FLAGS', 'RFC822.SIZE')->{2}{'RFC822.SIZE'}, length message('two', 'one'), 'fetch_hash');
}

sub orders {
    is(join(' ', $imap->sort('SUBJECT', 'UTF-8', 'ALL')), '4 1 3 2', 'sort');
    is(join(' ', $imap->sort('(REVERSE SUBJECT)', 'US-ASCII', 'UNKEYWORD', '$Work')), '2 3 4', 'sort');
    for my $algorithm (qw(REFERENCES REFS)) {
        my $threads = ok($imap->thread($algorithm, 'UTF-8', 'ALL'), "thread $algorithm");
        is(join(';', sort map { join ',', @$_ } @$threads), '1,2,3;4', "thread $algorithm");
    }
    is(scalar @{ ok($imap->thread('ORDEREDSUBJECT', 'UTF-8', 'SUBJECT', 'o'), 'thread of some') }, 3, 'thread of some');
}

sub changes {
    ok($imap->set_flag('Flagged', 2, 3), 'set_flag');
    ok($imap->unset_flag('Flagged', 3), 'unset_flag');
    is(scalar(grep { $_ eq '\\Flagged' } $imap->flags(2)), 1, 'flags');
    ok($imap->see(4) && $imap->deny_seeing(4), 'see and deny_seeing');
    is($imap->copy('Lists/Raku', 1, 2), '1,2', 'copy');
    ok($imap->move('Lists/Raku', 4), 'move');
    ok($imap->delete_message(3), 'delete_message');
    ok($imap->restore_message(3), 'restore_message');
    ok($imap->delete_message(3, 4), 'delete_message');
    ok($imap->uidexpunge(3), 'uidexpunge');
    ok($imap->expunge, 'expunge');
    is(join(' ', $imap->messages), '1 2', 'what is left');
    is($imap->message_count('Lists/Raku'), 3, 'what was copied');
}

sub rights {
    ok($imap->myrights('Lists/Raku'), 'myrights');
    ok($imap->setacl('Lists/Raku', $peer, 'lrs'), 'setacl');
    is($imap->getacl('Lists/Raku')->{$peer}, 'lrs', 'getacl');
    is(scalar(grep { $_ eq 'r' } $imap->listrights('Lists/Raku', $peer)), 1, 'listrights');
    my $other = ok(connection($peer), 'connection');
    my $shared = "Other Users/$user/Lists/Raku";
    is(scalar(grep { $_ eq $shared } $other->folders), 1, 'folders with a shared one');
    ok($other->select($shared), 'select of a shared mailbox');
    is(scalar($other->messages->@*), 3, 'messages of a shared mailbox');
    ok(!$other->append_string($shared, message('forbidden')), 'append without the right');
    ok($imap->deleteacl('Lists/Raku', $peer), 'deleteacl');
    is(scalar(keys $imap->getacl('Lists/Raku')->%*), 1, 'getacl after deleteacl');
    ok(!$other->examine($shared), 'a right withdrawn');
    ok($other->logout, 'logout');
}

sub quota {
    my $root = "#user/$user";
    my @answer = $imap->getquotaroot('INBOX');
    is(scalar(grep { /^\* QUOTAROOT "INBOX" "\Q$root\E"/ } map { ref ? @$_ : $_ } @answer), 1, 'getquotaroot');
    is($imap->quota($root), 1024, 'quota');
    is($imap->quota_usage($root), 2, 'quota_usage');
    ok(!$imap->setquota($root, STORAGE => 1), 'setquota by a user');
}

sub waiting {
    my $other = ok(connection($user), 'connection');
    ok($imap->select('INBOX'), 'select');
    my $tag = ok($imap->idle, 'idle');
    ok($other->append_string('INBOX', message('news')), 'append');
    my @told;
    while (!grep { /^\* 3 EXISTS/ } @told) { push @told, ok(scalar $imap->idle_data(300), 'idle_data')->@* }
    ok($imap->done($tag), 'done');
    ok($imap->noop, 'noop');
    is(scalar(@{ $imap->messages }), 3, 'news');
    ok($other->logout, 'logout');
}

# migrate copies a mailbox to another account, from a connection that is compressed.
# Not to one: the module sends what it appends from a file without compressing it.
sub migrate {
    my $other = Mail::IMAPClient->new(
        Server => 'localhost', Port => $plain, Starttls => [SSL_ca_file => $ca], User => $peer, Password => $password,
        Uid => 1, Timeout => 300,
    );
    ok($other, 'STARTTLS');
    ok($imap->compress, 'compress');
    ok($imap->select('Lists/Raku'), 'select');
    ok($imap->migrate($other, 'ALL', 'Lists/Raku'), 'migrate');
    ok($other->select('Lists/Raku'), 'select');
    is(scalar($other->messages->@*), 3, 'what was migrated');
    is($other->message_string(1), message('one'), 'what was migrated');
    is(join(' ', sort grep { $_ ne '\\Recent' } $other->flags(1)), '$Work \\Seen', 'flags that were migrated');
    is($other->internaldate(1), ' 7-Feb-2022 21:52:25 +0100', 'date that was migrated');
    ok($other->logout, 'logout');
}

$imap = ok(connection($user), 'connection');
ok($imap->has_capability($_), $_) for qw(SORT THREAD=REFERENCES ACL QUOTA COMPRESS=DEFLATE MOVE UIDPLUS);
ok($imap->imap4rev1, 'imap4rev1');
ok($imap->tag_and_run('ID NIL'), 'tag_and_run');
mailboxes();
messages();
orders();
changes();
rights();
quota();
waiting();
migrate();
ok($imap->select('INBOX') && $imap->delete('Lists/Raku'), 'delete');
ok(!$imap->select('Lists/Raku'), 'select of what is not there');
ok($imap->logout, 'logout');
$imap = undef;
ok(!connection($user, Password => 'wrong'), 'a wrong password');
print "Mail::IMAPClient $Mail::IMAPClient::VERSION: $checks checks\n";
