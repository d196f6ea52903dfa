-- Which part of a long content a delivery carries, and of how many; NULL when it carries all of it. What a part says is
-- made of the message's content again: it is not kept.

ALTER TABLE deliveries ADD COLUMN part INTEGER;
ALTER TABLE deliveries ADD COLUMN parts INTEGER;
