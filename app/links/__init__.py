"""What senses are linked to: wordnets and label dumps in indexed form, clients of DBpedia."""
