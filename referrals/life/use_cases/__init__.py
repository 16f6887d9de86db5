"""What people do with a referral, one verb each, one file for each part of its way.

Every use case reads the same way: load in scope, lock, policy, consent, step, audit, outbox.
"""
